// Found: each page of an event's payouts read and sorted all of its royalties, and once more for who is owed.
import { expect } from "chai";
import type { z } from "zod";
import { PayoutListQuery, type PayoutListResponse } from "#server/api/lookup.ts";
import { listPayouts } from "#server/lookup/list-payouts.ts";
import { type Db, openDb, type Sql } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { rowsRead } from "../support/rows-read.ts";

const BLOCKS = 400;
const PAYEES = 5;
const PAGE = 50;
const HASH = `0x${"ab".repeat(32)}`;
const EVENT = { deployment: 1, eventId: 7 };

type Payouts = z.output<typeof PayoutListResponse>;

describe("an event that has paid out often", () => {
  let database: TestDatabase;
  let db: Db;
  before(async () => {
    database = await createDatabase();
    const log = createLog({ name: "test", level: "silent" });
    const open = { url: database.url, log, connectionsMax: 2, readsByIndex: true };
    db = await openDb({ ...open, role: "owner", schema: "mirror" });
    const zero = `0x${"0".repeat(40)}`;
    for (const text of [
      `INSERT INTO cursor
         (deployment, chain_id, address, block_number, block_hash, final_number, head_number)
       VALUES (1, 31337, '${zero}', ${BLOCKS}, '${HASH}', 90, ${BLOCKS})`,
      `INSERT INTO event (deployment, event_id, organiser, plan_hash, created_at, doors_at,
         freeze_at, refund_until, policy, max_gifts, resale_cap_bps, royalty_bps, royalty_receiver,
         fee_cap_bps, lock_minutes, cooldown_minutes, currency, box_office, cancelled,
         paused_actions, paused_until, artwork, block_number, block_hash, log_index)
       VALUES (1, 7, '${zero}', '${HASH}', now(), 0, 0, 0, 0, 0, 0, 0, '${zero}', 0, 0, 0,
         '${zero}', '${zero}', false, 0, 0, '', 1, '${HASH}', 0)`,
      // Each distribution pays all payees by one log, and the escrow pays in every tenth block.
      `INSERT INTO royalty (deployment, position, event_id, payee, currency, amount, tx_hash,
         mined_at, block_number, block_hash, log_index)
       SELECT 1, at, 7, '0x' || lpad(to_hex(at + 1), 40, '0'), '${zero}', block, '${HASH}', now(),
         block, '${HASH}', 3
       FROM generate_series(1, ${BLOCKS}) AS block, generate_series(0, ${PAYEES - 1}) AS at`,
      `INSERT INTO escrow_entry (deployment, event_id, kind, account, ticket_id, amount, tx_hash,
         mined_at, block_number, block_hash, log_index)
       SELECT 1, 7, 'released', '${zero}', NULL, block, '${HASH}', now(), block, '${HASH}', block % 7
       FROM generate_series(10, ${BLOCKS}, 10) AS block WHERE block % 7 <> 3`,
      `INSERT INTO credit SELECT 1, '${zero}', '0x' || lpad(to_hex(at), 40, '0'), '${zero}', at, 1,
         '${HASH}', 0 FROM generate_series(3, 9) AS at`,
      "ANALYZE",
    ]) {
      await db.query({ text });
    }
  });
  after(async () => {
    await db.close();
    await database.drop();
  });

  const pageAfter = (sql: Sql, next: string | null) => {
    const { cursor: before } = PayoutListQuery.parse(next === null ? {} : { cursor: next });
    return listPayouts(sql, EVENT, { limit: PAGE, before });
  };

  async function readAll(): Promise<Payouts[]> {
    const pages: Payouts[] = [];
    let next: string | null = null;
    do {
      const page = await pageAfter(db, next);
      pages.push(page);
      next = page.next;
    } while (next !== null);
    return pages;
  }

  it("tells each payout once, the newest first, whoever paid", async () => {
    const told = (await readAll()).flatMap(({ payouts }) => payouts);
    const { rows } = await db.query<{ count: number }>({
      text: "SELECT count(*)::int AS count FROM escrow_entry",
    });
    const released = rows[0]?.count ?? 0;
    expect(told.filter(({ kind }) => kind === "escrow")).to.have.length(released);
    expect(told).to.have.length(BLOCKS * PAYEES + released);
    // The amount is the number of the block here.
    const blocks = told.map(({ amount }) => Number(amount));
    expect(blocks).to.deep.equal(blocks.toSorted((one, other) => other - one));
    const royalties = told.filter(({ kind }) => kind === "royalties");
    expect(new Set(royalties.map((each) => `${each.amount} ${each.account}`)).size).to.equal(
      BLOCKS * PAYEES,
    );
  });

  it("tells who of its payees is owed something", async () => {
    const [page] = await readAll();
    expect(page?.owed.map(({ amount }) => amount)).to.deep.equal(["3", "4", "5"]);
  });

  it("reads a page of them for a page", async () => {
    const [, second] = await readAll();
    const read = await rowsRead(db, "royalty", (sql) => pageAfter(sql, second?.next ?? null));
    expect(read).to.be.within(1, PAGE + 1 + PAYEES);
  });
});
