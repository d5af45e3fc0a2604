// Redis wiped and killed in the middle of a drop: no seat is sold twice, and sales go on within seconds.
import { expect } from "chai";
import type { Refusal } from "#server/domain/failure.ts";
import { holdPlaces } from "#server/hold/hold-places.ts";
import { LOADED_FIELD, seatsKey } from "#server/hold/keys.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buy, holdDeps } from "../support/buy.ts";
import { dropWithoutRedis } from "../support/drop-without-redis.ts";
import { type House, openHouse } from "../support/house.ts";
import { createOrder } from "../support/pay-work.ts";
import { createRedisServer, type RedisServer } from "../support/redis-server.ts";
import { fanOf } from "../support/rush.ts";

const LOSSES = 4;

describe("a drop that loses Redis", () => {
  let house: House;
  let redis: RedisServer;
  before(async () => {
    redis = await createRedisServer();
    await redis.start();
    house = await openHouse({
      through: async (service, url) => (service === "redis" ? redis.url : url),
    });
  });
  after(async () => {
    await house.close();
    await redis.kill();
  });

  it("sells on, and nothing twice", async () => {
    expect(await dropWithoutRedis(house, redis, LOSSES)).to.be.greaterThan(LOSSES);
  }).timeout(120_000);

  it("would offer what is sold if claims were not loaded again (so it can fail)", async () => {
    const fan = await house.fan();
    const params = { eventId: house.eventId };
    const { id: found, seats } = await fan.call("createHold", {
      params,
      body: { best: { places: 1 } },
    });
    await fan.call("releaseHold", { params: { ...params, holdId: found } });
    await buy(house, fan, seats);
    await redis.ask("FLUSHALL");
    await redis.ask("HSET", seatsKey(house.event), LOADED_FIELD, "1");
    const deps = holdDeps(house);
    const wish = { event: house.event, owner: fanOf(1), places: { seats, areas: [] } };
    const { id } = await holdPlaces(deps, wish);
    // And Postgres would still not sell it twice.
    const order = { owner: fanOf(1), event: house.event, holdId: id, key: randomUuid() };
    const outcome = await createOrder(deps, order).catch((error: Refusal) => error.code);
    expect(outcome).to.equal("hold/seat-taken");
  });
});
