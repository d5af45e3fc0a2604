// Found: a Redis that is full, cannot save, or asks for a password was answered as a bug of ours, with 500.
import { expect } from "chai";
import { Fault } from "#server/domain/failure.ts";
import { holdPlaces } from "#server/hold/hold-places.ts";
import { onRedis } from "#server/platform/redis.ts";
import { hold, holdDeps, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { expectProblem } from "../support/refusals.ts";

describe("a Redis that cannot do its work", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("is unavailable while its memory is full, and works again after it", async () => {
    const fan = await house.fan();
    await house.redis.call("CONFIG", "SET", "maxmemory", "1");
    try {
      await expectProblem(hold(house, fan, stalls(1, 1)), "server/unavailable");
      await expectProblem(house.fan(), "server/unavailable");
    } finally {
      await house.redis.call("CONFIG", "SET", "maxmemory", "0");
    }
    await hold(house, fan, stalls(1, 1));
  });

  it("holds nothing for fans of one moment, and says so to each of them", async () => {
    const deps = holdDeps(house);
    const fans = ["1", "2"].map((digit) => `0x${digit.repeat(40)}` as const);
    const { event } = house;
    const holdFor = (owner: `0x${string}`, at: number) =>
      holdPlaces(deps, { event, owner, places: { seats: stalls(2 + at, 1), areas: [] } });
    // Read once, so that both come to Redis in one turn.
    await deps.readSale(event);
    await house.redis.call("CONFIG", "SET", "maxmemory", "1");
    const ended = await Promise.allSettled(fans.map(holdFor));
    await house.redis.call("CONFIG", "SET", "maxmemory", "0");
    for (const one of ended)
      expect(one).to.have.nested.property("reason.code", "server/unavailable");
    await Promise.all(fans.map(holdFor));
  });

  const replies = [
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist",
    "NOAUTH Authentication required.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "NOREPLICAS Not enough good replicas to write.",
    "BUSY Redis is busy running a script.",
  ];
  for (const reply of replies) {
    it(`is unavailable when it answers ${reply.split(" ")[0]}`, async () => {
      const call = onRedis(() => house.redis.eval("return redis.error_reply(ARGV[1])", 0, reply));
      const error = await call.catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(Fault);
    });
  }

  it("is still a bug of ours when the command is wrong", async () => {
    const error = await onRedis(() => house.redis.call("NOSUCH")).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).not.to.be.instanceOf(Fault);
  });
});
