// Found: an authorisation whose giving back failed was never given back, and the card stayed charged.
import { expect } from "chai";
import { Fault } from "#server/domain/failure.ts";
import type { PaymentProvider } from "#server/pay/provider.ts";
import { sweepPayments } from "#server/pay/sweep-payments.ts";
import { randomUuid } from "#server/platform/random.ts";
import { order, stalls } from "../support/buy.ts";
import { takeAllBut } from "../support/full-house.ts";
import { type House, openHouse } from "../support/house.ts";
import { takePayment } from "../support/pay-work.ts";

describe("an authorisation that has no seat while the provider is down", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("is given back by a later sweep", async () => {
    const fan = await house.fan();
    const buyer = fan.account.address.toLowerCase() as `0x${string}`;
    const { id: orderId } = await order(house, fan, stalls(1, 1));
    let isDown = true;
    let voided = 0;
    const provider: PaymentProvider = {
      ...house.provider,
      authorise: async (charge) => {
        await house.db.query({
          text: "DELETE FROM sale.claim WHERE order_id = $1",
          values: [orderId],
        });
        await takeAllBut(house, []);
        return house.provider.authorise(charge);
      },
      void: async () => {
        if (isDown) throw new Fault("server/unavailable", "The provider is down.");
        voided += 1;
      },
    };
    const deps = { ...house, provider };
    const wish = { orderId, buyer, source: "works", key: randomUuid() };
    const failed = await takePayment(deps, wish).catch((error: Error) => error);
    expect(failed).to.be.instanceOf(Fault);
    await sweepPayments(deps);
    isDown = false;
    await sweepPayments(deps);
    await sweepPayments(deps);
    expect(voided).to.equal(1);
  });
});
