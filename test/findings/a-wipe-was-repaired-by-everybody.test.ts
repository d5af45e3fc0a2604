// After Redis was wiped each waiting hold read all claims of the event for itself, and none got through.
import { expect } from "chai";
import { holdPlaces } from "#server/hold/hold-places.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import { holdDeps } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { fanOf } from "../support/rush.ts";
import { seatHouse } from "../support/seat-house.ts";

const FANS = 200;
const PLAN = { sections: 10, rows: 40, seats: 100 };

describe("a wiped Redis in the middle of an on-sale", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("gets the claims back once for all who wait", async () => {
    const seats = await seatHouse(house, PLAN);
    await house.db.query({
      text: `INSERT INTO sale.claim (deployment, event_id, seat, order_id, expires_at)
             SELECT deployment, event_id, seat, 'ord_sold', 'infinity'
             FROM sale.seat WHERE event_id = $1 AND seat % 2 = 0`,
      values: [house.event.eventId],
    });
    const free = seats.filter((seat) => seat % 2 === 1);
    let reads = 0;
    const query: Db["query"] = (asked) => {
      if (asked.name === "live-claims") reads += 1;
      return house.db.query(asked);
    };
    const deps = holdDeps({ ...house, db: { ...house.db, query } });
    const holdAt = (at: number) =>
      holdPlaces(deps, {
        event: house.event,
        owner: fanOf(at),
        places: { seats: [free[at] as number], areas: [] },
      });
    await holdAt(FANS);
    await house.redis.flushdb();
    reads = 0;
    const startedMs = systemClock.monotonicMs();
    await Promise.all(Array.from({ length: FANS }, (_, at) => holdAt(at)));
    process.stdout.write(
      `      ${FANS} holds after ${Math.round(systemClock.monotonicMs() - startedMs)} ms\n`,
    );
    expect(reads).to.be.at.most(2);
  }).timeout(120_000);
});
