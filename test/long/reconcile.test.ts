// A hundred thousand sold tickets: how long it takes to hold all books against each other.
import { expect } from "chai";
import { findDifferences } from "#server/pay/reconcile/find-differences.ts";
import { systemClock } from "#server/platform/clock.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase } from "../support/database.ts";
import { seedBooks } from "../support/seed-books.ts";

const TICKETS = 100_000;
const LIMIT_MS = 60_000;
const SUITE_LIMIT_MS = 5 * 60_000;

describe("the books of a hundred thousand tickets", () => {
  it("are held against each other within a minute, and agree", async () => {
    const database = await createDatabase();
    await seedBooks(database.url, TICKETS);
    const log = createLog({ name: "test", level: "silent" });
    const open = { url: database.url, log, connectionsMax: 1 };
    const db = await openDb({ ...open, role: "stagedoor_server" });
    const beganMs = systemClock.monotonicMs();
    const { differences, tickets } = await findDifferences(db);
    const tookMs = systemClock.monotonicMs() - beganMs;
    process.stdout.write(`      ${tickets} tickets in ${Math.round(tookMs)} ms\n`);
    await db.close();
    await database.drop();
    expect(differences).to.deep.equal([]);
    expect(tickets).to.equal(TICKETS);
    expect(tookMs).to.be.lessThan(LIMIT_MS);
  }).timeout(SUITE_LIMIT_MS);
});
