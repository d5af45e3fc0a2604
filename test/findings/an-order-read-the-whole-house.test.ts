// Found: until Postgres had counted its rows, each order read all lines and all payments that there were.
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { buy, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { seedBooks } from "../support/seed-books.ts";

const SUITE_LIMIT_MS = 90_000;
/** Enough that it shows, and all of them made while the plans were those of an empty house. */
const TICKETS = 6_000;
/** Enough that each connection has made its plan for any values. */
const ORDERS_BEFORE = 12;
const ORDERS = 6;
/** What an order may read of payments by the index of those that live: its own, some times. */
const READS_MAX = 20;
const TABLES = ["claim", "order", "order_line", "payment", "mint_line"];
/** A connection tells what it read after a second at the soonest, an idle one after ten. */
const TOLD_LIMIT_MS = 30_000;
const POLL_MS = 200;

interface Reads {
  scans: number;
  scanned: number;
  live: number;
  found: number;
}

describe("an order among many", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  async function readSoFar(): Promise<Reads> {
    const { rows } = await house.db.query<Reads>({
      text: `SELECT sum(seq_scan)::int AS scans, sum(seq_tup_read)::int AS scanned,
                    sum(idx_tup_fetch)::int AS found,
                    (SELECT idx_tup_read::int FROM pg_stat_user_indexes
                     WHERE indexrelname = 'payment_order_id_live_key') AS live
             FROM pg_stat_user_tables WHERE schemaname = 'sale' AND relname = ANY($1)`,
      values: [TABLES],
    });
    return rows[0] as Reads;
  }

  async function order(row: number, count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) {
      await buy(house, await house.fan(), stalls(row, 1 + at));
    }
  }

  it("reads its own rows alone", async () => {
    await order(1, ORDERS_BEFORE);
    await seedBooks(house.databaseUrl, TICKETS, { counted: false });
    const before = await readSoFar();
    await order(2, ORDERS);
    const endMs = systemClock.monotonicMs() + TOLD_LIMIT_MS;
    let after = await readSoFar();
    while (after.found - before.found < ORDERS && systemClock.monotonicMs() < endMs) {
      await systemClock.sleep(POLL_MS);
      after = await readSoFar();
    }
    expect(after.found - before.found, "told").to.be.at.least(ORDERS);
    expect(after.scans - before.scans, "whole tables").to.equal(0);
    expect(after.live - before.live, "live payments").to.be.lessThan(ORDERS * READS_MAX);
  });

  it("would read all of them by a plan that Postgres is free to choose", async () => {
    const log = createLog({ name: "test", level: "fatal" });
    const open = { url: house.databaseUrl, log, connectionsMax: 1 };
    const free = await openDb({ ...open, role: "stagedoor_server" });
    const text = `EXPLAIN (FORMAT JSON) SELECT claim.seat FROM sale.claim
      JOIN sale.order_line line ON line.order_id = claim.order_id AND line.seat = claim.seat
      WHERE claim.order_id = ANY(ARRAY['ord_a', 'ord_b', 'ord_c', 'ord_d', 'ord_e', 'ord_f'])`;
    const planOf = async (db: typeof free) => JSON.stringify((await db.query({ text })).rows);
    expect(await planOf(free)).to.include("Seq Scan");
    expect(await planOf(house.db)).to.not.include("Seq Scan");
    await free.close();
  });
});
