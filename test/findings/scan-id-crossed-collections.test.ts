// Found: a scanId of one collection was answered with the verdict of another's event of the same number.
import { expect } from "chai";
import { judgeScan } from "#server/gate/judge-scan.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { type House, openHouse } from "../support/house.ts";

describe("a scanId that was used in another collection", () => {
  let house: House;
  before(async () => {
    house = await openHouse({ collections: 2 });
  });
  after(() => house.close());

  it("is refused", async () => {
    const staff = `0x${"5a".repeat(20)}` as const;
    const wish = { scanId: randomUuid(), event: house.event, gate: "Door", staff, pass: "A" };
    const deps = { ...house, clock: systemClock };
    await judgeScan(deps, wish);
    const elsewhere = { ...wish, event: { ...house.event, deployment: 2 } };
    const outcome = await judgeScan(deps, elsewhere).catch((error: { code: string }) => error);
    expect(outcome).to.include({ code: "request/key-reused" });
  });
});
