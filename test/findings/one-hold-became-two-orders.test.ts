// A hold of standing places that was ordered in two tabs at once became an order in each.
import { expect } from "chai";
import { ApiFailure } from "#server/api/client.ts";
import { randomUuid } from "#server/platform/random.ts";
import { type House, openHouse } from "../support/house.ts";
import { expectProblem } from "../support/refusals.ts";
import { addArea } from "../support/seat-house.ts";

const TABS = 4;
const CAPACITY = 3;

describe("one hold that is ordered several times at once", () => {
  let house: House;
  let area: number;
  before(async () => {
    house = await openHouse();
    area = await addArea(house, CAPACITY);
  });
  after(() => house.close());

  it("becomes one order, and leaves others what they hold", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const params = { eventId: house.eventId };
    const places = { areas: [{ area, places: 1 }] };
    const mine = await ann.call("createHold", { params, body: places });
    const others = await ben.call("createHold", { params, body: places });
    const body = { eventId: house.eventId, holdId: mine.id };
    const outcomes = await Promise.allSettled(
      Array.from({ length: TABS }, () => ann.call("createOrder", { body, key: randomUuid() })),
    );
    const made = outcomes.filter(({ status }) => status === "fulfilled");
    expect(made).to.have.lengthOf(1);
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      expect(outcome.reason).to.be.instanceOf(ApiFailure);
      expect((outcome.reason as ApiFailure).data?.code).to.equal("hold/expired");
    }
    const again = ann.call("createOrder", { body, key: randomUuid() });
    await expectProblem(again, "hold/expired");
    const theirs = { eventId: house.eventId, holdId: others.id };
    const order = await ben.call("createOrder", { body: theirs, key: randomUuid() });
    expect(order.lines).to.have.lengthOf(1);
  });
});
