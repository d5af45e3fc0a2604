// A hold made in a phase that was shorter than a hold's time could not be ordered once the phase was over.
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { hold, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { expectProblem } from "../support/refusals.ts";

const PHASE_MS = 3_000;

describe("a phase shorter than the time of a hold", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
    await house.db.query({
      text: `UPDATE sale.phase SET starts_at = now() - interval '1 s',
               ends_at = now() + $1 * interval '1 ms'`,
      values: [PHASE_MS],
    });
  });
  after(() => house.close());

  it("lets who held in time order after it, and nobody hold", async () => {
    const fan = await house.fan();
    const { id: holdId } = await hold(house, fan, stalls(1, 1));
    await systemClock.sleep(PHASE_MS);
    await expectProblem(hold(house, fan, stalls(1, 2)), "hold/sale-closed");
    const body = { eventId: house.eventId, holdId };
    const order = await fan.call("createOrder", { body, key: randomUuid() });
    expect(order.lines).to.have.lengthOf(1);
  });
});
