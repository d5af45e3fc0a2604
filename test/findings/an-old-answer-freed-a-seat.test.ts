// Found: the answer of an old order, asked for again, showed a seat as free that somebody else had.
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { hold, order, pay, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { expectProblem } from "../support/refusals.ts";

describe("an order's answer that is asked for again", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("takes nothing from whoever has the seat by now", async () => {
    const [mallory, victim] = [await house.fan(), await house.fan()];
    const { id: holdId } = await hold(house, mallory, stalls(1, 1));
    const send = { body: { eventId: house.eventId, holdId }, key: randomUuid() };
    const { id } = await mallory.call("createOrder", send);
    await house.db.query({
      text: "UPDATE sale.claim SET expires_at = now() - interval '1 s' WHERE order_id = $1",
      values: [id],
    });
    await house.redis.flushdb();
    await hold(house, victim, stalls(1, 1));
    await mallory.call("createOrder", send);
    await expectProblem(hold(house, mallory, stalls(1, 1)), "hold/seat-taken");
    const made = await order(house, await house.fan(), stalls(1, 2));
    expect(made.state).to.equal("claimed");
  });

  it("leaves a sold seat sold, also when it comes after the payment", async () => {
    const fan = await house.fan();
    const { id: holdId } = await hold(house, fan, stalls(2, 1));
    const send = { body: { eventId: house.eventId, holdId }, key: randomUuid() };
    const { id } = await fan.call("createOrder", send);
    await pay(fan, id);
    await fan.call("createOrder", send);
    await systemClock.sleep(600);
    const states = await fan.call("getSeatStates", { params: { eventId: house.eventId } });
    expect(states.sold).to.include.members(stalls(2, 1));
  });
});
