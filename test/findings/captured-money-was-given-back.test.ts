// Found: money captured while everything was down for two minutes was voided, and its seat lost.
import { expect } from "chai";
import { Refusal } from "#server/domain/failure.ts";
import { beginPayment, providerPayment } from "#server/pay/begin-payment.ts";
import type { PaymentProvider } from "#server/pay/provider.ts";
import { expireOrders, sweepPayments } from "#server/pay/sweep-payments.ts";
import { captureSafely } from "#server/pay/take-payment.ts";
import { randomUuid } from "#server/platform/random.ts";
import { order, pay, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { takePayment } from "../support/pay-work.ts";
import { expectProblem } from "../support/refusals.ts";

describe("a capture that nobody posted", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  function recording(overrides: Partial<PaymentProvider> = {}) {
    const calls: string[] = [];
    const provider: PaymentProvider = {
      ...house.provider,
      capture: async () => void calls.push("capture"),
      void: async () => void calls.push("void"),
      ...overrides,
    };
    return { calls, provider };
  }

  const later = (orderId: string) =>
    Promise.all([
      house.db.query({
        text: "UPDATE sale.order SET expires_at = now() - interval '5 min' WHERE id = $1",
        values: [orderId],
      }),
      house.db.query({
        text: `UPDATE sale.claim SET expires_at = now() - interval '5 min'
               WHERE order_id = $1 AND expires_at <> 'infinity'`,
        values: [orderId],
      }),
      house.db.query({
        text: "UPDATE sale.payment SET updated_at = now() - interval '5 min' WHERE order_id = $1",
        values: [orderId],
      }),
    ]);

  it("keeps its seats however long it takes, and ends as a paid order", async () => {
    const fan = await house.fan();
    const buyer = fan.account.address.toLowerCase();
    const made = await order(house, fan, stalls(1, 1));
    const { calls, provider } = recording();
    const payment = await beginPayment(house.db, {
      orderId: made.id,
      buyer,
      provider: "development",
    });
    const ref = {
      ...providerPayment(payment),
      ...{ orderId: made.id, providerRef: `dev_${payment.id}` },
    };
    expect(await captureSafely({ ...house, provider }, ref)).to.equal("captured");
    // The process dies here, and for five minutes nobody comes.
    await later(made.id);
    await expireOrders(house);
    await house.redis.flushdb();
    const other = await house.fan();
    await expectProblem(order(house, other, stalls(1, 1)), "hold/seat-taken");
    await sweepPayments({ ...house, provider });
    const after = await fan.call("getOrder", { params: { orderId: made.id } });
    expect(after.state).to.equal("paid");
    expect(calls).not.to.include("void");
  });

  it("goes on with seats whose time was over when nobody else had come", async () => {
    const fan = await house.fan();
    const buyer = fan.account.address.toLowerCase();
    const made = await order(house, fan, stalls(1, 2));
    const { provider } = recording();
    const payment = await beginPayment(house.db, {
      orderId: made.id,
      buyer,
      provider: "development",
    });
    await later(made.id);
    const ref = {
      ...providerPayment(payment),
      ...{ orderId: made.id, providerRef: `dev_${payment.id}` },
    };
    expect(await captureSafely({ ...house, provider }, ref)).to.equal("captured");
  });

  it("gives the seats their time back when the provider refuses the capture for good", async () => {
    const fan = await house.fan();
    const buyer = fan.account.address.toLowerCase() as `0x${string}`;
    const made = await order(house, fan, stalls(1, 3));
    const { provider } = recording({
      capture: async () => {
        throw new Refusal("pay/declined", "The bank changed its mind.");
      },
    });
    const wish = { orderId: made.id, buyer, source: "works", key: randomUuid() };
    const refused = await takePayment({ ...house, provider }, wish).catch((error: Error) => error);
    expect((refused as Error).message).to.equal("The bank changed its mind.");
    await pay(fan, made.id);
    const after = await fan.call("getOrder", { params: { orderId: made.id } });
    expect(after.state).to.equal("paid");
  });
});
