// Two hundred orders whose webhooks come late, twice, shuffled or never: one end for each, and the books agree.
import { expect } from "chai";
import { handleEvents } from "#server/pay/stripe/handle-events.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { holdDeps, leaseAnyway } from "../support/buy.ts";
import { sendWebhook } from "../support/fake-stripe.ts";
import { expectTruth } from "../support/money-truth.ts";
import { createOrder } from "../support/pay-work.ts";
import { type Order, openStripeRig, type StripeRig } from "../support/payment-rig.ts";
import { seatHouse } from "../support/seat-house.ts";
import { chanceOf } from "../support/seeded.ts";

const ORDERS = 200;
const HOUSE = { sections: 2, rows: 10, seats: 10 };
const WEBHOOKS_MIN = 1_000;
const SEED = 20_261_121;
const AT_ONCE = 10;
const SUITE_LIMIT_MS = 180_000;
/** All of what was given back, as the promise has it. */
const GIVEN_BACK_WITHIN_MS = 60_000;

describe("race of webhooks", function () {
  this.timeout(SUITE_LIMIT_MS);
  let rig: StripeRig;
  let fans = 0;
  const chance = chanceOf(SEED);
  before(async () => {
    rig = await openStripeRig();
  });
  after(() => rig.close());

  async function newOrder(seat: number): Promise<Order> {
    fans += 1;
    const buyer = `0x${fans.toString(16).padStart(40, "0")}` as const;
    const holdId = await leaseAnyway(rig.house, { owner: buyer, seats: [seat] });
    const wish = { owner: buyer, key: randomUuid(), event: rig.house.event, holdId };
    return { id: await createOrder(holdDeps(rig.house), wish), buyer };
  }

  async function lapse({ id }: Order): Promise<void> {
    for (const text of [
      "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
      `UPDATE sale.claim SET expires_at = now() - interval '1 s'
       WHERE order_id = $1 AND expires_at <> 'infinity'`,
    ]) {
      await rig.house.db.query({ text, values: [id] });
    }
  }

  /** One in ten goes away, one in ten has a card that is not worth what it says. */
  async function buy(seat: number): Promise<Order[]> {
    const [goes, cards, isLate, isTaken] = [chance(10), chance(20), chance(4), chance(2)];
    const order = await newOrder(seat);
    const { redirectUrl } = await rig.press(order);
    const card = cards === 0 ? "partial" : cards === 1 ? "foreign" : "works";
    if (goes > 0) rig.fake.pay(redirectUrl ?? "", card);
    if (isLate > 0) return [order];
    await lapse(order);
    if (isTaken > 0) return [order];
    const other = await newOrder(seat);
    rig.fake.pay((await rig.press(other)).redirectUrl ?? "");
    return [order, other];
  }

  /** What was told by now, with every copy and without the lost ones, in any order. */
  function shuffledWebhooks(): string[] {
    const bodies = rig.fake.books.events.flatMap((event) =>
      Array.from({ length: chance(7) }, () => JSON.stringify(event)),
    );
    for (let at = bodies.length - 1; at > 0; at -= 1) {
      const other = chance(at + 1);
      [bodies[at], bodies[other]] = [bodies[other] ?? "", bodies[at] ?? ""];
    }
    return bodies;
  }

  it(`ends ${ORDERS} orders whole (seed ${SEED})`, async () => {
    const seats = await seatHouse(rig.house, HOUSE);
    expect(seats).to.have.lengthOf(ORDERS);
    const orders: Order[] = [];
    for (const seat of seats) orders.push(...(await buy(seat)));
    const webhooks = shuffledWebhooks();
    expect(webhooks.length).to.be.greaterThanOrEqual(WEBHOOKS_MIN);
    const startMs = systemClock.monotonicMs();
    const house = rig.house;
    const deps = { ...house, clock: systemClock, stripe: house.stripe?.client as never };
    for (let at = 0; at < webhooks.length; at += AT_ONCE) {
      const part = webhooks.slice(at, at + AT_ONCE).map((body) => sendWebhook(house.url, body));
      // Two workers at once: what one is at, the other does as well.
      await Promise.all([...part, handleEvents(deps), handleEvents(deps)]);
    }
    for (let rounds = 1; rounds <= 3; rounds += 1) await rig.sweep();
    expect(systemClock.monotonicMs() - startMs).to.be.lessThan(GIVEN_BACK_WITHIN_MS);
    let paid = 0;
    for (const order of orders) paid += (await expectTruth(rig, order)) ? 1 : 0;
    // Both ends came often, so that neither was shown by chance.
    expect(paid).to.be.within(120, 195);
    const cancelled = [...rig.fake.books.intents.values()].filter(
      ({ status }) => status === "canceled",
    );
    expect(cancelled.length).to.be.greaterThan(10);
  });
});
