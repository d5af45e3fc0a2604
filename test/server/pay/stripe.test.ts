// Stripe beyond the suite of all providers: what it is asked for, webhooks, disputes, no card data with us.
import { Writable } from "node:stream";
import { expect } from "chai";
import { pino } from "pino";
import { settleLines } from "#server/mint/settle-lines.ts";
import { handleEvents } from "#server/pay/stripe/handle-events.ts";
import { pollEvents } from "#server/pay/stripe/poll-events.ts";
import { systemClock } from "#server/platform/clock.ts";
import { logOptions } from "#server/platform/log.ts";
import { randomUuid } from "#server/platform/random.ts";
import { order as makeOrder, stalls } from "../../support/buy.ts";
import { sendWebhook } from "../../support/fake-stripe.ts";
import { findCards } from "../../support/find-cards.ts";
import { expectTruth } from "../../support/money-truth.ts";
import { type Order, openStripeRig, type StripeRig } from "../../support/payment-rig.ts";
import { chanceOf } from "../../support/seeded.ts";
import { CARD_NUMBER, type FakeIntent } from "../../support/stripe-books.ts";

const SEATS_PER_ROW = 14;
const SUITE_LIMIT_MS = 60_000;
const FLIPS = 1_000;
const SEED = 20_261_121;

describe("stripe", function () {
  this.timeout(SUITE_LIMIT_MS);
  let rig: StripeRig;
  let logged = "";
  let seats = 0;
  before(async () => {
    const sink = new Writable({
      write(part, _encoding, done) {
        logged += String(part);
        done();
      },
    });
    rig = await openStripeRig({ log: pino(logOptions({ name: "test", level: "trace" }), sink) });
  });
  after(() => rig.close());

  async function newFan() {
    const fan = await rig.house.fan();
    seats += 1;
    const seat = stalls(1 + Math.floor(seats / SEATS_PER_ROW), 1 + (seats % SEATS_PER_ROW));
    const { id } = await makeOrder(rig.house, fan, seat);
    const order: Order = { id, buyer: fan.account.address.toLowerCase() as `0x${string}` };
    const read = () => fan.call("getOrder", { params: { orderId: id } });
    return { fan, order, read };
  }

  async function count(text: string, ...values: unknown[]): Promise<number> {
    const { rows } = await rig.house.db.query<{ count: bigint }>({ text, values });
    return Number(rows[0]?.count);
  }

  const eventDeps = () => ({
    ...rig.house,
    ...{ clock: systemClock, stripe: rig.house.stripe?.client as never },
  });
  const sessionOf = ({ id }: Order) => {
    const found = [...rig.fake.books.sessions.values()].filter(
      ({ metadata }) => metadata.orderId === id,
    );
    return found.at(-1) as NonNullable<(typeof found)[number]>;
  };
  const intentOf = (order: Order) =>
    rig.fake.books.intents.get(sessionOf(order).payment_intent ?? "") as FakeIntent;

  it("asks for cards with 3-D Secure, captured later, at the order's price, once", async () => {
    const { fan, order, read } = await newFan();
    const answer = await fan.call("createPayment", {
      params: { orderId: order.id },
      body: { provider: "stripe" },
      key: randomUuid(),
    });
    const session = sessionOf(order);
    expect(answer.state).to.equal("started");
    expect(answer.redirectUrl).to.equal(session.url);
    expect(session.made).to.include({
      mode: "payment",
      "allowed_payment_method_types[0]": "card",
      "payment_method_options[card][request_three_d_secure]": "any",
      "payment_intent_data[capture_method]": "manual",
      "line_items[0][price_data][unit_amount]": (await read()).total,
      "line_items[0][price_data][currency]": "eur",
      client_reference_id: answer.id,
    });
    expect(rig.fake.calls.at(-1)).to.equal(`POST /v1/checkout/sessions ${answer.id}`);
  });

  it("answers the same page to the same key, to another tab, and after a reload", async () => {
    const { fan, order } = await newFan();
    const send = (key: string) =>
      fan.call("createPayment", {
        ...{ params: { orderId: order.id }, key },
        body: { provider: "stripe" },
      });
    const key = randomUuid();
    const first = await send(key);
    expect([await send(key), await send(randomUuid())]).to.deep.equal([first, first]);
  });

  it("tells a fan who comes back before any webhook that the order is paid", async () => {
    const { order, read } = await newFan();
    await rig.pay(order, { told: "never" });
    expect((await rig.press(order)).state).to.equal("captured");
    expect((await read()).state).to.equal("paid");
    await expectTruth(rig, order);
  });

  it("closes Stripe's page when the claim ends", async () => {
    const { order, read } = await newFan();
    const { redirectUrl } = await rig.press(order);
    for (const text of [
      "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
      "UPDATE sale.claim SET expires_at = now() - interval '1 s' WHERE order_id = $1",
    ]) {
      await rig.house.db.query({ text, values: [order.id] });
    }
    await rig.sweep();
    expect(sessionOf(order).status).to.equal("expired");
    expect(() => rig.fake.pay(redirectUrl ?? "")).to.throw("closed");
    await rig.sweep();
    expect((await read()).state).to.equal("expired");
  });

  it("takes nothing when Stripe has another amount than the order", async () => {
    const { order } = await newFan();
    await rig.pay(order, { card: "foreign" });
    await rig.sweep();
    expect(intentOf(order).status).to.equal("canceled");
    expect(await expectTruth(rig, order)).to.equal(false);
  });

  it("finds in one look what lost webhooks said", async () => {
    const { order, read } = await newFan();
    await rig.pay(order, { told: "never" });
    expect(await pollEvents(eventDeps())).to.be.greaterThan(0);
    await handleEvents(eventDeps());
    expect((await read()).state).to.equal("paid");
    expect(await pollEvents(eventDeps()), "its own capture").to.equal(1);
    expect(await pollEvents(eventDeps()), "nothing twice").to.equal(0);
  });

  it("leaves alone what is about no payment of ours", async () => {
    const event = { ...anEvent(), data: { object: { id: "cs_1", metadata: { paymentId: "x" } } } };
    expect((await sendWebhook(rig.house.url, JSON.stringify(event))).status).to.equal(204);
    await handleEvents(eventDeps());
    const { rows } = await rig.house.db.query<{ state: string }>({
      text: "SELECT state FROM sale.provider_event WHERE id = $1",
      values: [event.id],
    });
    expect(rows).to.deep.equal([{ state: "foreign" }]);
  });

  function anEvent() {
    return {
      ...{ id: `evt_${randomUuid()}`, object: "event", type: "checkout.session.completed" },
      ...{ livemode: false, created: 1_800_000_000, data: { object: { id: "cs_1" } } },
    };
  }

  describe("webhooks", () => {
    const payload = (over: object = {}) => JSON.stringify({ ...anEvent(), ...over });
    const stored = () => count("SELECT count(*) FROM sale.provider_event");

    async function expectRefused(sent: Promise<Response>, status: number, code: string) {
      const before = await stored();
      const answer = await sent;
      const problem = (await answer.json()) as { code: string };
      expect({ status: answer.status, code: problem.code }).to.deep.equal({ status, code });
      expect(await stored()).to.equal(before);
    }

    const INVALID = ["pay/webhook-invalid", 400] as const;
    const bad: Record<string, () => Promise<Response>> = {
      "without a signature": () => sendWebhook(rig.house.url, payload(), { header: null }),
      "with half a signature": () => sendWebhook(rig.house.url, payload(), { header: "t=1,v1=" }),
      "with another's secret": () => sendWebhook(rig.house.url, payload(), { secret: "whsec_x" }),
      "of ten minutes ago": () =>
        sendWebhook(rig.house.url, payload(), { atMs: systemClock.now().getTime() - 600_000 }),
      "of live money": () => sendWebhook(rig.house.url, payload({ livemode: true })),
      "of another account": () => sendWebhook(rig.house.url, payload({ account: "acct_other" })),
      "with another body": () => sendWebhook(rig.house.url, payload(), { body: payload() }),
    };
    for (const [what, send] of Object.entries(bad)) {
      it(`refuses one ${what}`, () => expectRefused(send(), INVALID[1], INVALID[0]));
    }

    it("refuses one that is too large", async () => {
      const large = payload({ pad: "x".repeat(300_000) });
      await expectRefused(sendWebhook(rig.house.url, large), 413, "request/too-large");
    });

    it(`refuses ${FLIPS} with one bit flipped, and writes nothing`, async () => {
      const before = await stored();
      const chance = chanceOf(SEED);
      const text = payload();
      for (let flips = 0; flips < FLIPS; flips += 1) {
        const bytes = Buffer.from(text);
        const at = chance(bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << chance(7));
        const answer = await sendWebhook(rig.house.url, text, { body: bytes.toString("latin1") });
        expect(answer.status, `bit of byte ${at}`).to.be.within(400, 422);
        await answer.arrayBuffer();
      }
      expect(await stored()).to.equal(before);
    });

    it("stores one that is replayed once", async () => {
      const text = payload();
      const before = await stored();
      const answers = await Promise.all([1, 2, 3, 4].map(() => sendWebhook(rig.house.url, text)));
      expect(answers.map(({ status }) => status)).to.deep.equal([204, 204, 204, 204]);
      expect(await stored()).to.equal(before + 1);
    });
  });

  describe("disputes", () => {
    async function paid() {
      const made = await newFan();
      await rig.pay(made.order);
      await rig.sweep();
      expect((await made.read()).state).to.equal("paid");
      return made;
    }
    const balance = (account: string, { id }: Order) =>
      count(
        `SELECT coalesce(sum(amount), 0)::bigint AS count FROM sale.ledger_entry
         WHERE order_id = $1 AND account LIKE $2`,
        ...[id, account],
      );
    const tell = async (reversed = false) => {
      await rig.fake.deliver(rig.house.url, { reversed, copies: 2 });
      await handleEvents(eventDeps());
    };

    it("are shown with their order, and go when they are won", async () => {
      const { order, read } = await paid();
      rig.fake.books.dispute(intentOf(order).id, "needs_response");
      await tell();
      expect(await read()).to.include({ state: "paid", dispute: "open" });
      rig.fake.books.dispute(intentOf(order).id, "won");
      await tell();
      expect(await read()).to.include({ state: "paid", dispute: "won" });
      expect(await balance("provider:%", order)).to.equal(4_800);
    });

    it("that are lost take the money off the books and ask for a person, whatever comes first", async () => {
      const { order, read } = await paid();
      rig.fake.books.dispute(intentOf(order).id, "needs_response");
      rig.fake.books.dispute(intentOf(order).id, "lost");
      await tell(true);
      await settleLines(rig.house);
      const after = await read();
      expect(after).to.include({ state: "attention", dispute: "lost" });
      expect(after.lines.map(({ mint }) => mint)).to.deep.equal(["attention"]);
      expect(await balance("provider:%", order)).to.equal(0);
      expect(await balance("%", order)).to.equal(0);
    });

    it("of a minted ticket leave the order to a person, who voids it", async () => {
      const { order, read } = await paid();
      await rig.house.db.query({
        text: "UPDATE sale.mint_line SET state = 'minted' WHERE order_id = $1",
        values: [order.id],
      });
      await settleLines(rig.house);
      expect((await read()).state).to.equal("fulfilled");
      rig.fake.books.dispute(intentOf(order).id, "lost");
      await tell();
      await settleLines(rig.house);
      expect(await read()).to.include({ state: "attention", dispute: "lost" });
    });
  });

  it("leaves nothing like a card number in the database or the log", async () => {
    const { order } = await newFan();
    await rig.pay(order, { told: "thrice" });
    await rig.sweep();
    const sent = JSON.stringify(rig.fake.books.events);
    expect(findCards(sent), "what Stripe sent").to.include(CARD_NUMBER);
    const { rows: tables } = await rig.house.db.query<{ name: string }>({
      text: `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
             WHERE schemaname = 'sale'`,
    });
    for (const { name } of tables) {
      const { rows } = await rig.house.db.query<{ text: string | null }>({
        text: `SELECT string_agg(t::text, ' ') AS text FROM ${name} t`,
      });
      expect(findCards(rows[0]?.text ?? ""), name).to.deep.equal([]);
    }
    expect(logged.length).to.be.greaterThan(1_000);
    expect(findCards(logged), "the log").to.deep.equal([]);
    expect(logged).not.to.include("sk_test_house");
  });
});
