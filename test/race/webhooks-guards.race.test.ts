// Each guard of card payments taken away in turn: what then becomes of money that is told of twice, or too late.
import { expect } from "chai";
import type Stripe from "stripe";
import { handleEvents } from "#server/pay/stripe/handle-events.ts";
import { storeEvents } from "#server/pay/stripe/receive-event.ts";
import type { Db } from "#server/platform/db/client.ts";
import { randomUuid } from "#server/platform/random.ts";
import { holdDeps, leaseAnyway, stalls } from "../support/buy.ts";
import { expectTruth } from "../support/money-truth.ts";
import { createOrder, takePayment } from "../support/pay-work.ts";
import { type Order, openStripeRig, type StripeRig } from "../support/payment-rig.ts";
import { booksOf } from "../support/refund-work.ts";
import { type Drop, dropKey, meeting, orBlocked, tamper } from "../support/unguarded.ts";

const KNOWN_EVENT: Drop = ["ON CONFLICT (provider, id) DO NOTHING", ""];
const MOVED_PAYMENT: Drop = ["AND state = 'authorised' RETURNING id", "RETURNING id"];
/** As whoever looks without a lock may see it. */
const OLD_ORDER: Drop = [
  "SELECT id, deployment, event_id, buyer, state, total FROM sale.order",
  "SELECT id, deployment, event_id, buyer, 'claimed' AS state, total FROM sale.order",
];
const SEAT_LOCK: Drop = ["ORDER BY claim.seat FOR UPDATE OF claim", "ORDER BY claim.seat"];
const ORDER_LOCK: Drop = ["WHERE id = ANY($1) ORDER BY id FOR UPDATE", "WHERE id = ANY($1)"];
const COPIES = 3;

describe("card payments without a guard", () => {
  let rig: StripeRig;
  let house: StripeRig["house"];
  let fans = 0;
  before(async () => {
    rig = await openStripeRig();
    house = rig.house;
  });
  /** What a worker stopped over is nobody's to follow any more. */
  afterEach(() => house.db.query({ text: "UPDATE sale.provider_event SET state = 'handled'" }));
  after(() => rig.close());

  async function newOrder(seats?: number[]): Promise<Order> {
    fans += 1;
    const buyer = `0x${fans.toString(16).padStart(40, "0")}` as const;
    const holdId = await leaseAnyway(house, {
      owner: buyer,
      seats: seats ?? stalls(1 + (fans % 7), 1 + Math.floor(fans / 7)),
    });
    const wish = { owner: buyer, key: randomUuid(), event: house.event, holdId };
    return { id: await createOrder(holdDeps(house), wish), buyer };
  }

  /** At Stripe the money waits, and we were told of it. */
  async function paidOrder(): Promise<Order> {
    const order = await newOrder();
    rig.fake.pay((await rig.press(order)).redirectUrl ?? "");
    await rig.fake.deliver(house.url);
    return order;
  }

  async function lapse({ id }: Order): Promise<void> {
    for (const text of [
      "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
      "UPDATE sale.claim SET expires_at = now() - interval '1 s' WHERE order_id = $1",
    ]) {
      await house.db.query({ text, values: [id] });
    }
  }

  const follow = (db: Db = house.db) =>
    handleEvents({ ...house, db, stripe: house.stripe?.client as Stripe });

  async function totalOf({ id }: Order): Promise<bigint> {
    const { rows } = await house.db.query<{ total: bigint }>({
      text: "SELECT total FROM sale.order WHERE id = $1",
      values: [id],
    });
    return rows[0]?.total ?? 0n;
  }

  /** How often an order's money is on the books, and its ticket in the outbox. */
  async function postingsOf(order: Order) {
    const { provider } = await booksOf(house, order.id);
    const { rowCount: owed } = await house.db.query({
      text: "SELECT 1 FROM sale.mint_line WHERE order_id = $1",
      values: [order.id],
    });
    return { booked: Number(provider / (await totalOf(order))), owed };
  }

  /** Two workers that have both read the payment as open before either goes on with it. */
  async function raceToPost(drop: readonly Drop[]) {
    const order = await paidOrder();
    const words = "SELECT 1 FROM sale.order WHERE id = $1 FOR UPDATE";
    const db = tamper(house.db, { drop, before: { words, wait: meeting(2) } });
    await Promise.all([follow(db), follow(db)]);
    expect(rig.kept(order.id)).to.equal(await totalOf(order));
    return postingsOf(order);
  }

  it("writes a capture down once by the tickets' key, where no state is looked at", async () => {
    const fate = await raceToPost([MOVED_PAYMENT, OLD_ORDER]);
    expect(fate).to.deep.equal({ booked: 1, owed: 1 });
  });

  /** Somebody else orders the seat of late money just when it is made safe. */
  async function raceForSeat(drop: readonly Drop[]) {
    const seats = stalls(8, 1 + fans);
    const late = await newOrder(seats);
    rig.fake.pay((await rig.press(late)).redirectUrl ?? "");
    await lapse(late);
    const others: Promise<string>[] = [];
    const wait = async () => {
      if (others.length > 0) return;
      const other = newOrder(seats).then(
        () => "ordered",
        ({ code }) => String(code),
      );
      others.push(other);
      await orBlocked(house, other);
    };
    const before = { words: "UPDATE sale.claim SET expires_at = 'infinity'", wait };
    await rig.fake.deliver(house.url);
    const failure = await follow(tamper(house.db, { drop, before })).catch((error) => error);
    return { late, other: await others[0], failure };
  }

  it("keeps a seat for late money while somebody else orders it", async () => {
    const { late, other } = await raceForSeat([]);
    expect(other).to.equal("hold/seat-taken");
    expect(await expectTruth(rig, late)).to.equal(true);
  });

  it("would take money for another's seat without the seat's lock (so this test can fail)", async () => {
    const { late, other, failure } = await raceForSeat([SEAT_LOCK]);
    expect(other).to.equal("ordered");
    expect(rig.kept(late.id)).to.equal(await totalOf(late));
    // Nothing of it is written down: a worker stops over it instead.
    expect(String(failure)).to.include("I2: a captured order has all of its seats");
  });

  /** Two tabs in two processes, which have both seen that nobody pays yet. */
  async function raceOfTabs(order: Order, drop: readonly Drop[]) {
    const together = meeting(2);
    const wait = () => orBlocked(house, together());
    const press = () => {
      const db = tamper(house.db, { drop, before: { words: "INSERT INTO sale.payment", wait } });
      const wish = { orderId: order.id, buyer: order.buyer, source: "checkout" };
      return takePayment({ ...house, db }, { ...wish, key: randomUuid() });
    };
    const tabs = await Promise.allSettled([press(), press()]);
    const urls = tabs.flatMap((tab) => (tab.status === "fulfilled" ? [tab.value.redirectUrl] : []));
    const refused = tabs.flatMap((tab) => (tab.status === "rejected" ? [tab.reason] : []));
    return { pages: [...new Set(urls)], refused: refused.map(({ constraint }) => constraint) };
  }

  it("opens one page for two tabs, by the order's lock or by the key", async () => {
    const locked = await raceOfTabs(await newOrder(), []);
    expect(locked.pages).to.have.lengthOf(1);
    expect(locked.refused).to.deep.equal([]);
    const keyed = await raceOfTabs(await newOrder(), [ORDER_LOCK]);
    expect(keyed.pages).to.have.lengthOf(1);
    expect(keyed.refused).to.deep.equal(["payment_order_id_live_key"]);
  });

  /** Each event that waits is told so often at once. */
  async function raceOfCopies(drop: readonly Drop[]) {
    const order = await newOrder();
    const known = rig.fake.books.events.length;
    rig.fake.pay((await rig.press(order)).redirectUrl ?? "");
    rig.fake.lose();
    const told = rig.fake.books.events.slice(known) as unknown as Stripe.Event[];
    const db = tamper(house.db, { drop });
    const stored = await Promise.all(Array.from({ length: COPIES }, () => storeEvents(db, told)));
    const sum = stored.reduce((all, count) => all + count, 0);
    const followed = await follow();
    expect(await expectTruth(rig, order)).to.equal(true);
    return { stored: sum / told.length, followed: followed / told.length };
  }

  it("takes an event in once, however many copies come at once", async () => {
    expect(await raceOfCopies([])).to.deep.equal({ stored: 1, followed: 1 });
  });

  // From here on the keys are gone, and the house goes with them.

  it("writes a capture down once by either state, also without the tickets' key", async () => {
    await dropKey(house, "sale.mint_line", "mint_line_deployment_ticket_id_key");
    for (const drop of [[MOVED_PAYMENT], [OLD_ORDER]]) {
      expect(await raceToPost(drop)).to.deep.equal({ booked: 1, owed: 1 });
    }
  });

  it("would owe two tickets without any of them (so this test can fail)", async () => {
    await dropKey(house, "sale.mint_line", "mint_line_deployment_ticket_id_key");
    const fate = await raceToPost([MOVED_PAYMENT, OLD_ORDER]);
    expect(fate).to.deep.equal({ booked: 2, owed: 2 });
  });

  it("would charge two tabs without lock and key (so this test can fail)", async () => {
    await dropKey(house, "sale.payment", "payment_order_id_live_key");
    const order = await newOrder();
    const { pages } = await raceOfTabs(order, [ORDER_LOCK]);
    expect(pages).to.have.lengthOf(2);
    for (const url of pages) rig.fake.pay(url ?? "");
    await rig.fake.deliver(house.url);
    await follow();
    expect(rig.kept(order.id)).to.equal(2n * (await totalOf(order)));
  });

  it("would follow each copy of an event without the inbox's key (so this test can fail)", async () => {
    await dropKey(house, "sale.provider_event", "provider_event_pkey");
    const fate = await raceOfCopies([KNOWN_EVENT]);
    expect(fate).to.deep.equal({ stored: COPIES, followed: COPIES });
  });
});
