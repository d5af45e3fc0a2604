// What nobody should send about money: strange amounts, another's order, another event, another currency.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { randomUuid } from "#server/platform/random.ts";
import { askOnce } from "../../support/ask.ts";
import { hold, order as makeOrder, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { expectTruth } from "../../support/money-truth.ts";
import { openStripeRig, type StripeRig } from "../../support/payment-rig.ts";
import { expectProblem } from "../../support/refusals.ts";
import type { FakeIntent, FakeSession } from "../../support/stripe-books.ts";

const SUITE_LIMIT_MS = 60_000;
const SEATS_PER_ROW = 14;
const TOO_MUCH = 2n ** 256n;
const AMOUNTS = [0, -4_800, 0.5, 4_800, "0", "-4800", "48.5", "4800", String(TOO_MUCH), null];

describe("bad input about money", function () {
  this.timeout(SUITE_LIMIT_MS);
  let rig: StripeRig;
  let seats = 0;
  before(async () => {
    rig = await openStripeRig();
  });
  after(() => rig.close());

  async function newOrder() {
    const fan = await rig.house.fan();
    seats += 1;
    const seat = stalls(1 + Math.floor(seats / SEATS_PER_ROW), 1 + (seats % SEATS_PER_ROW));
    const { id } = await makeOrder(rig.house, fan, seat);
    return { fan, id, buyer: fan.account.address.toLowerCase() as `0x${string}` };
  }

  async function paymentsOf(orderId: string): Promise<number> {
    const { rowCount } = await rig.house.db.query({
      text: "SELECT 1 FROM sale.payment WHERE order_id = $1",
      values: [orderId],
    });
    return rowCount ?? 0;
  }

  for (const amount of AMOUNTS) {
    it(`takes no amount from a caller, be it ${JSON.stringify(amount)}`, async () => {
      const { fan, id } = await newOrder();
      for (const named of [{ amount }, { total: amount }, { currency: "JPY" }]) {
        const answer = await askOnce(rig.house.url, {
          route: "createPayment",
          params: { orderId: id },
          body: { provider: "stripe", ...named },
          key: randomUuid(),
          cookie: fan.cookie(),
        });
        expect(answer.body.code).to.equal("request/invalid");
      }
      expect(await paymentsOf(id)).to.equal(0);
    });
  }

  it("begins no payment of another's order, whatever key it comes with", async () => {
    const { fan, id } = await newOrder();
    const key = randomUuid();
    const pay = (by: Client) =>
      by.call("createPayment", { params: { orderId: id }, body: { provider: "stripe" }, key });
    await expectProblem(pay(await rig.house.fan()), "request/not-found");
    expect(await paymentsOf(id)).to.equal(0);
    const { redirectUrl } = await pay(fan);
    // A key is its caller's own: it tells nobody else what it was answered.
    await expectProblem(pay(await rig.house.fan()), "request/not-found");
    expect(redirectUrl).not.to.equal(null);
    expect(await paymentsOf(id)).to.equal(1);
  });

  /** What Stripe could show that is not what the order asked for. */
  const strange: Record<string, (at: { session: FakeSession; intent: FakeIntent }) => void> = {
    ...Object.fromEntries(
      [0, -4_800, 4_799.5, 4_801, Number(TOO_MUCH)].map((amount) => [
        `a session of ${amount}`,
        ({ session }: { session: FakeSession }) => {
          session.amount_total = amount;
        },
      ]),
    ),
    ...Object.fromEntries(
      [0, -4_800, 4_799.5, 4_801, Number(TOO_MUCH)].map((amount) => [
        `an authorisation of ${amount}`,
        ({ intent }: { intent: FakeIntent }) => {
          Object.assign(intent, { amount, amount_capturable: amount });
        },
      ]),
    ),
    "a session in another currency": ({ session }) => {
      session.currency = "jpy";
    },
    "an authorisation in another currency": ({ intent }) => {
      intent.currency = "usd";
    },
    "a session of another payment": ({ session }) => {
      session.client_reference_id = "pay_00000000000000000000000000";
    },
    "an authorisation of another payment": ({ intent }) => {
      intent.metadata.paymentId = "pay_00000000000000000000000000";
    },
    "live money": ({ intent }) => {
      intent.livemode = true;
    },
  };
  for (const [what, change] of Object.entries(strange)) {
    it(`takes nothing when Stripe shows ${what}`, async () => {
      const order = await newOrder();
      const meanwhile = async () => {
        const { sessions, intents } = rig.fake.books;
        const session = [...sessions.values()].find(({ metadata: m }) => m.orderId === order.id);
        const intent = intents.get(session?.payment_intent ?? "");
        if (session === undefined || intent === undefined) throw new Error("nobody has paid");
        change({ session, intent });
      };
      await rig.pay(order, { meanwhile });
      await rig.sweep();
      expect(await expectTruth(rig, order)).to.equal(false);
      expect(rig.kept(order.id)).to.equal(0n);
      // The fan may pay once more, and then all is as it should be.
      await rig.pay(order);
      await rig.sweep();
      expect(await expectTruth(rig, order)).to.equal(true);
    });
  }
});

describe("a request that names another event", () => {
  let house: House;
  before(async () => {
    house = await openHouse({ collections: 2 });
  });
  after(() => house.close());

  it("makes no order of a hold, and leaves the hold to its own event", async () => {
    const [mine = "", other = ""] = house.eventIds;
    const fan = await house.fan();
    const { id: holdId } = await hold(house, fan, stalls(1, 1));
    const order = (eventId: string) =>
      fan.call("createOrder", { body: { eventId, holdId }, key: randomUuid() });
    await expectProblem(order(other), "hold/expired");
    await expectProblem(order("evt_1_999"), "request/not-found");
    await expectProblem(order("evt_9_1"), "request/not-found");
    expect((await order(mine)).eventId).to.equal(mine);
  });
});
