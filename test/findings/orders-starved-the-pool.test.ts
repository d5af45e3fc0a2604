// Found: an order asked the pool for a second connection inside its transaction; twenty at once all waited.
import { expect } from "chai";
import { holdPlaces } from "#server/hold/hold-places.ts";
import { randomUuid } from "#server/platform/random.ts";
import { holdDeps, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { createOrder } from "../support/pay-work.ts";

const ORDERS = 60;

describe("orders that come together with a cold cache", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("are all made, although there are three times more than connections", async () => {
    const owner = (at: number) => `0x${(at + 1).toString(16).padStart(40, "0")}` as const;
    const warm = holdDeps(house);
    const holds = await Promise.all(
      Array.from({ length: ORDERS }, (_, at) => {
        const seats = stalls(1 + Math.floor(at / 14), (at % 14) + 1);
        const places = { seats, areas: [] };
        return holdPlaces(warm, { event: house.event, owner: owner(at), places });
      }),
    );
    const cold = holdDeps(house);
    const orders = await Promise.all(
      holds.map(({ id, owner }) =>
        createOrder(cold, { owner, key: randomUuid(), event: house.event, holdId: id }),
      ),
    );
    expect(new Set(orders).size).to.equal(ORDERS);
  });
});
