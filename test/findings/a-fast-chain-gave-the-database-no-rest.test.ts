// Found: each block of the mirror made the order feed read again at once, however long it had read just before.
import { expect } from "chai";
import { createOrderFeed } from "#server/pay/progress/order-feed.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { order, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

/** As with thousands of listeners. */
const READ_MS = 100;
const ROUNDS = 6;
const BLOCK_MS = 20;
/** A fifth, and what a busy machine adds between two looks at the clock. */
const SHARE_MAX = 0.4;

describe("the order feed of a fast chain", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("leaves the database most of the time", async () => {
    const fan = await house.fan();
    const { id } = await order(house, fan, stalls(1, 1));
    let readMs = 0;
    let reads = 0;
    const query: Db["query"] = async (statement) => {
      if (statement.name !== "orders-progress") return house.db.query(statement);
      const startedMs = systemClock.monotonicMs();
      await systemClock.sleep(READ_MS);
      const answer = await house.db.query<never>(statement);
      readMs += systemClock.monotonicMs() - startedMs;
      reads += 1;
      return answer;
    };
    const stop = new AbortController();
    const metrics = createMetrics("feed");
    const db = { ...house.db, query };
    const feed = createOrderFeed({
      ...house,
      db,
      clock: systemClock,
      metrics,
      stopping: stop.signal,
    });
    const { rows } = await house.db.query<{ buyer: string }>({
      text: "SELECT buyer FROM sale.order WHERE id = $1",
      values: [id],
    });
    const buyer = rows[0]?.buyer ?? "";
    const { listen } = await feed.listen({
      orderId: id,
      buyer,
      sessionId: "one",
      after: undefined,
    });
    [readMs, reads] = [0, 0];
    const startedMs = systemClock.monotonicMs();
    const leave = listen({ send: () => true, end: () => undefined });
    while (reads < ROUNDS) {
      await house.indexerDb.query({ text: "SELECT pg_notify('mirror', '1')" });
      await systemClock.sleep(BLOCK_MS);
    }
    const share = readMs / (systemClock.monotonicMs() - startedMs);
    leave();
    stop.abort();
    expect(share).to.be.below(SHARE_MAX);
  });
});
