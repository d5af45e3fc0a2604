// Redis was wiped between two parts of the claims, and the event opened with the second part alone.
import { expect } from "chai";
import { LOADED_FIELD, seatsKey } from "#server/hold/keys.ts";
import { loadClaims } from "#server/hold/load-claims.ts";
import type { RedisClient } from "#server/platform/redis.ts";
import { type House, openHouse } from "../support/house.ts";
import { seatHouse } from "../support/seat-house.ts";

/** Three parts. */
const PLAN = { sections: 5, rows: 20, seats: 50 };

describe("a Redis that is wiped while claims are loaded", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
    await seatHouse(house, PLAN);
    await house.db.query({
      text: `INSERT INTO sale.claim (deployment, event_id, seat, order_id, expires_at)
             SELECT deployment, event_id, seat, 'ord_sold', 'infinity'
             FROM sale.seat WHERE event_id = $1`,
      values: [house.event.eventId],
    });
  });
  after(() => house.close());

  const shown = async () => {
    const fields = Object.keys(await house.redis.hgetall(seatsKey(house.event)));
    return fields.filter((field) => /^\d+$/.test(field)).length;
  };

  /** Wipes after so many parts. */
  function wipedAfter(parts: number): RedisClient {
    let left = parts;
    const evalsha = async (...args: Parameters<RedisClient["evalsha"]>) => {
      const answer = await house.redis.evalsha(...args);
      left -= 1;
      if (left === 0) await house.redis.flushdb();
      return answer;
    };
    return new Proxy(house.redis, {
      get: (target, name) => (name === "evalsha" ? evalsha : Reflect.get(target, name)),
    });
  }

  for (const parts of [1, 2]) {
    it(`opens the event with all of them, wiped after part ${parts}`, async () => {
      await house.redis.flushdb();
      await loadClaims({ db: house.db, redis: wipedAfter(parts) }, house.event);
      expect(await house.redis.hexists(seatsKey(house.event), LOADED_FIELD)).to.equal(1);
      expect(await shown()).to.equal(PLAN.sections * PLAN.rows * PLAN.seats);
    });
  }

  it("is filled by two processes at once, each of which ends", async () => {
    await house.redis.flushdb();
    // Each by itself, as two processes are.
    const processes = [wipedAfter(-1), wipedAfter(-1)];
    await Promise.all(processes.map((redis) => loadClaims({ db: house.db, redis }, house.event)));
    expect(await shown()).to.equal(PLAN.sections * PLAN.rows * PLAN.seats);
  });
});
