// Found: a fan who began to pay in an order's last moment was charged, and the order had expired meanwhile.
import { expect } from "chai";
import { handleEvents } from "#server/pay/stripe/handle-events.ts";
import { expireOrders } from "#server/pay/sweep-payments.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { order as makeOrder, stalls } from "../support/buy.ts";
import { expectTruth } from "../support/money-truth.ts";
import { takePayment } from "../support/pay-work.ts";
import { openStripeRig, type StripeRig } from "../support/payment-rig.ts";
import { type Drop, tamper } from "../support/unguarded.ts";

/** Long enough for a request to begin in it, and for the sweep to be in the middle of its look. */
const MOMENT_MS = 500;
/** So slow is the sweep from its look for what nobody pays to its locks. */
const SLOW_LOOK: Drop = [
  "WHERE o.state = 'claimed'",
  "WHERE pg_sleep(1.5) IS NOT NULL AND o.state = 'claimed'",
];

describe("an order whose payment begins while the sweep looks", () => {
  let rig: StripeRig;
  before(async () => {
    rig = await openStripeRig();
  });
  after(() => rig.close());

  it("is not expired: it is paid, and has its ticket", async () => {
    const { house } = rig;
    const fan = await house.fan();
    const { id } = await makeOrder(house, fan, stalls(1, 1));
    const buyer = fan.account.address.toLowerCase() as `0x${string}`;
    await house.db.query({
      text: `UPDATE sale.order SET expires_at = now() + $2 * interval '1 ms' WHERE id = $1`,
      values: [id, MOMENT_MS],
    });
    let swept: Promise<number> | undefined;
    const slow = tamper(house.db, { drop: [SLOW_LOOK] });
    // The request has found that the order may be paid; then its time is over, and the sweep looks.
    const wait = async () => {
      await systemClock.sleep(2 * MOMENT_MS);
      swept = expireOrders({ db: slow });
      await systemClock.sleep(MOMENT_MS);
    };
    const db = tamper(house.db, { before: { words: "INSERT INTO sale.payment", wait } });
    const wish = { orderId: id, buyer, source: "checkout", key: randomUuid() };
    const { redirectUrl } = await takePayment({ ...house, db }, wish);
    expect(await swept).to.equal(0);
    rig.fake.pay(redirectUrl ?? "");
    await rig.fake.deliver(house.url);
    await handleEvents({ ...house, stripe: house.stripe?.client as never });
    await rig.sweep();
    expect(await expectTruth(rig, { id })).to.equal(true);
  });
});
