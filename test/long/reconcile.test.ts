// A hundred thousand sold tickets: how long it takes to hold all books against each other.
import { expect } from "chai";
import type { ProviderMoney } from "#server/pay/provider.ts";
import { findDifferences } from "#server/pay/reconcile/find-differences.ts";
import { lookAtProvider } from "#server/pay/reconcile/look-at-provider.ts";
import { systemClock } from "#server/platform/clock.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase } from "../support/database.ts";
import { seedBooks } from "../support/seed-books.ts";

const TICKETS = 100_000;
const LIMIT_MS = 60_000;
const SUITE_LIMIT_MS = 5 * 60_000;

/** A provider that answers at once and has what the books have: networks are not ours to time. */
function listOf(payments: number) {
  return {
    name: "stripe",
    list: async function* (): AsyncGenerator<ProviderMoney[]> {
      yield Array.from({ length: payments }, (_, at) => ({
        ...{ ref: `pi_${at + 1}`, paymentId: `pay_${at + 1}`, isForeign: false, isOurMode: true },
        ...{ authorised: 0n, captured: 9_600n, refunded: 0n, currency: "EUR" },
      }));
    },
  };
}

describe("the books of a hundred thousand tickets", () => {
  it("are held against each other within a minute, and agree", async () => {
    const database = await createDatabase();
    await seedBooks(database.url, TICKETS);
    const log = createLog({ name: "test", level: "silent" });
    const open = { url: database.url, log, connectionsMax: 1 };
    const db = await openDb({ ...open, role: "stagedoor_server" });
    const beganMs = systemClock.monotonicMs();
    const look = await lookAtProvider({ db, provider: listOf(TICKETS / 2) }, undefined);
    const { differences, tickets } = await findDifferences(db, look);
    const tookMs = systemClock.monotonicMs() - beganMs;
    process.stdout.write(`      ${tickets} tickets in ${Math.round(tookMs)} ms\n`);
    await db.close();
    await database.drop();
    expect(differences).to.deep.equal([]);
    expect(tickets).to.equal(TICKETS);
    expect(tookMs).to.be.lessThan(LIMIT_MS);
  }).timeout(SUITE_LIMIT_MS);
});
