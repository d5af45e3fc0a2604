// Found: order after order, unpaid, let one wallet take six times the seats that a person may have.
import { expect } from "chai";
import { hold, order, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { expectProblem } from "../support/refusals.ts";

describe("unpaid orders of one wallet", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("count against its limit like holds", async () => {
    const fan = await house.fan();
    await order(house, fan, stalls(1, 1, 2, 3, 4, 5, 6));
    const problem = await expectProblem(hold(house, fan, stalls(2, 1, 2, 3)), "hold/limit-reached");
    expect(problem).to.include({ limit: 8, held: 6 });
    await hold(house, fan, stalls(2, 1, 2));
  });

  it("count also after Redis forgot them", async () => {
    const fan = await house.fan();
    await order(house, fan, stalls(3, 1, 2, 3, 4, 5, 6));
    await house.redis.flushdb();
    await expectProblem(order(house, fan, stalls(4, 1, 2, 3)), "hold/limit-reached");
  });

  it("do not count two orders at once as one", async () => {
    const fan = await house.fan();
    const holds = [await hold(house, fan, stalls(5, 1, 2, 3, 4, 5))];
    await house.redis.flushdb();
    holds.push(await hold(house, fan, stalls(6, 1, 2, 3, 4, 5)));
    // What a failed-over Redis may have: both holds at once.
    const seats = (at: number) => (holds[at]?.seats ?? []).join(" ");
    const { holdKey } = await import("#server/hold/keys.ts");
    const owner = fan.account.address.toLowerCase();
    const expires = String(Number.MAX_SAFE_INTEGER);
    for (const at of [0, 1]) {
      const key = holdKey(house.event, holds[at]?.id ?? "");
      await house.redis.hset(key, { owner, expires, seats: seats(at) });
    }
    const { randomUuid } = await import("#server/platform/random.ts");
    const outcomes = await Promise.allSettled(
      holds.map(({ id }) =>
        fan.call("createOrder", {
          body: { eventId: house.eventId, holdId: id },
          key: randomUuid(),
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.lengthOf(1);
  });
});
