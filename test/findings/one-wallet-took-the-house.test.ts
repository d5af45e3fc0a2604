// Found: order after order, unpaid, let one wallet take six times the seats that a person may have.
import { expect } from "chai";
import { hold, leaseAnyway, order, stalls } from "../support/buy.ts";
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
    const owner = fan.account.address.toLowerCase();
    const holds = [
      await leaseAnyway(house, { owner, seats: stalls(5, 1, 2, 3, 4, 5) }),
      await leaseAnyway(house, { owner, seats: stalls(6, 1, 2, 3, 4, 5) }),
    ];
    const { randomUuid } = await import("#server/platform/random.ts");
    const outcomes = await Promise.allSettled(
      holds.map((holdId) =>
        fan.call("createOrder", {
          body: { eventId: house.eventId, holdId },
          key: randomUuid(),
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.lengthOf(1);
  });
});
