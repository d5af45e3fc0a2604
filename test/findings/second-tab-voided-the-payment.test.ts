// Found: of two tabs that paid together, the slower one saw a captured payment as lost and gave it back.
import { expect } from "chai";
import type { PaymentProvider } from "#server/pay/provider.ts";
import { randomUuid } from "#server/platform/random.ts";
import { order, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { takePayment } from "../support/pay-work.ts";

describe("two tabs that pay one order together", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("capture once and void nothing, in every interleaving of ten tabs", async () => {
    const fan = await house.fan();
    const buyer = fan.account.address.toLowerCase() as `0x${string}`;
    for (let seat = 1; seat <= 5; seat += 1) {
      const { id: orderId } = await order(house, fan, stalls(1, seat));
      const voided: string[] = [];
      // Answers out of order, as providers do.
      let arrived = 0;
      const provider: PaymentProvider = {
        ...house.provider,
        authorise: async (charge) => {
          await new Promise((resolve) => setTimeout(resolve, (arrived++ * 7) % 20));
          return house.provider.authorise(charge);
        },
        void: async ({ paymentId }) => {
          voided.push(paymentId);
        },
      };
      const pay = () =>
        takePayment({ ...house, provider }, { orderId, buyer, source: "works", key: randomUuid() });
      const answers = await Promise.all(Array.from({ length: 10 }, pay));
      expect(new Set(answers.map(({ id }) => id)).size).to.equal(1);
      expect(voided).to.deep.equal([]);
    }
  });
});
