// Found: who asked again for the best seats was told of the hold they had, with seats of another wish.
import { expect } from "chai";
import { leasePlaces } from "#server/hold/lease.ts";
import { holdDeps, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

const OWNER = `0x${"1".repeat(40)}` as const;
const OTHER = `0x${"2".repeat(40)}` as const;

describe("a hold that is asked for again, as the last of some wishes", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("is named with its own seats", async () => {
    const deps = holdDeps(house);
    const { event } = house;
    const sale = await deps.readSale(event);
    const [phase] = sale.phases;
    if (phase === undefined) throw new Error("The demo event has a phase.");
    const lease = async (owner: typeof OWNER, ...wishes: [number[], ...number[][]]) => {
      const outcome = await leasePlaces(deps, { event, owner, sale, phase, wishes, areas: [] });
      if (!("lease" in outcome)) throw new Error(`Taken: ${outcome.taken.join(", ")}`);
      return outcome.lease;
    };
    await lease(OTHER, stalls(2, 1, 2));
    const made = await lease(OWNER, stalls(2, 1, 2), stalls(2, 3, 4));
    expect(made.places.seats).to.deep.equal(stalls(2, 3, 4));
    const again = await lease(OWNER, stalls(2, 1, 2), stalls(2, 3, 4));
    expect(again.id).to.equal(made.id);
    expect(again.expiresAt).to.deep.equal(made.expiresAt);
    expect(again.places.seats).to.deep.equal(stalls(2, 3, 4));
  });
});
