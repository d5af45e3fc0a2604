// Found: the same scan sent twice at once was answered with an error instead of its verdict.
import { expect } from "chai";
import { judgeScan } from "#server/gate/judge-scan.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { type House, openHouse } from "../support/house.ts";

describe("one scan sent many times at once", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("has one row and one verdict", async () => {
    const staff = `0x${"5a".repeat(20)}` as const;
    const wish = { scanId: randomUuid(), event: house.event, gate: "Door", staff, pass: "A" };
    const deps = { ...house, clock: systemClock };
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => judgeScan(deps, wish)));
    expect(new Set(verdicts.map(({ reason }) => reason))).to.deep.equal(new Set(["unreadable"]));
    const { rows } = await house.db.query<{ count: bigint }>({
      text: "SELECT count(*) FROM sale.scan",
    });
    expect(rows[0]?.count).to.equal(1n);
  });
});
