// Found: beside a tab whose card was declined, a good card was told that its seats were gone.
import { expect } from "chai";
import { order, pay, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

describe("two tabs, one good card and one that declines", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("end with the order paid once, whichever comes first", async () => {
    for (let seat = 1; seat <= 8; seat += 1) {
      const fan = await house.fan();
      const made = await order(house, fan, stalls(1, seat));
      const [good, bad] = await Promise.allSettled([
        pay(fan, made.id),
        pay(fan, made.id, "declines"),
      ]);
      expect(good.status, JSON.stringify(good)).to.equal("fulfilled");
      if (bad.status === "rejected") expect(String(bad.reason)).to.include("pay/declined");
      const { rows } = await house.db.query<{ count: bigint }>({
        text: "SELECT count(*) FROM sale.payment WHERE order_id = $1 AND state = 'captured'",
        values: [made.id],
      });
      expect(rows[0]?.count).to.equal(1n);
    }
  });
});
