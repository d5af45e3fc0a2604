// Checks that receivers hear of orders: signed, in order, again until they take it, and once they are gone no more.
import { expect } from "chai";
import { Webhook } from "standardwebhooks";
import { WEBHOOK_TYPES, type WebhookType } from "#server/domain/webhook.ts";
import { expireOrders } from "#server/pay/sweep-payments.ts";
import { systemClock } from "#server/platform/clock.ts";
import { announceOrders } from "#server/queue/announce-orders.ts";
import { listDeliveries, resend } from "#server/webhook/delivery-log.ts";
import {
  addEndpoint,
  listEndpoints,
  removeEndpoint,
  renewSecret,
} from "#server/webhook/endpoint.ts";
import { createPost } from "#server/webhook/post-webhook.ts";
import { pruneMessages } from "#server/webhook/prune-messages.ts";
import { sendDue } from "#server/webhook/send-due.ts";
import { buy, buyAndMint, order, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { openReceiver, type Receiver } from "../../support/receiver.ts";

/** Of each row. */
const SEATS_USED = 8;

describe("webhooks", () => {
  let house: House;
  let receiver: Receiver;
  let taken = 0;
  before(async () => {
    house = await openHouse();
  });
  beforeEach(async () => {
    receiver = await openReceiver();
    await house.db.query({ text: "DELETE FROM sale.webhook_endpoint" });
    await house.db.query({ text: "DELETE FROM sale.webhook_message" });
  });
  afterEach(async () => receiver.close());
  after(async () => house.close());

  const seat = () => {
    taken += 1;
    return stalls(1 + Math.floor(taken / SEATS_USED), 1 + (taken % SEATS_USED));
  };
  const post = createPost({ clock: systemClock, local: true });
  const send = () => sendDue({ db: house.db, log: house.log, clock: systemClock, post });
  const listenTo = (types: WebhookType[] = [...WEBHOOK_TYPES]) =>
    addEndpoint(
      { db: house.db, local: true },
      { event: house.event, url: receiver.url, types, by: "test" },
    );
  const deliveriesOf = (id: string) =>
    listDeliveries(house, { endpoint: { event: house.event, id }, limit: 100 });
  /** What waits for its next try is due now. */
  const passTime = () =>
    house.db.query({
      text: "UPDATE sale.webhook_delivery SET due_at = now() - interval '1 min' WHERE state = 'waiting'",
    });
  const announce = (orderId: string, type: WebhookType) =>
    house.db.transaction((sql) => announceOrders(sql, { type, orderIds: [orderId] }));

  it("tell of a paid order and of its tickets, signed so that any library can verify it", async () => {
    const { secret } = await listenTo();
    const bought = await buyAndMint(house, await house.fan(), [...seat(), ...seat()]);
    while ((await send()) > 0);
    const said = receiver.received.map(({ headers, body }) =>
      new Webhook(secret).verify(body, headers as Record<string, string>),
    ) as { type: string; data: Record<string, unknown> }[];
    expect(said.map(({ type }) => type)).to.deep.equal(["order.paid", "order.fulfilled"]);
    expect(said[1]?.data).to.deep.equal({
      orderId: bought.id,
      eventId: house.eventId,
      buyer: bought.buyer,
      state: "fulfilled",
      currency: bought.currency,
      total: bought.total,
      lines: bought.lines.map(({ ticketId, label, price, refund }) => ({
        ...{ ticketId, label, price, refund },
      })),
    });
    const [first, second] = receiver.received;
    expect(first?.headers["content-type"]).to.equal("application/json");
    expect(first?.headers["webhook-id"])
      .to.match(/^msg_/)
      .and.not.equal(second?.headers["webhook-id"]);
  });

  it("are not verified with another secret, nor with a changed body", async () => {
    const { secret } = await listenTo();
    await buy(house, await house.fan(), seat());
    await send();
    const [{ headers, body } = { headers: {}, body: "" }] = receiver.received;
    const given = headers as Record<string, string>;
    const other = await renewSecret(house, { event: house.event, id: (await onlyEndpoint()).id });
    expect(() => new Webhook(other.secret).verify(body, given)).to.throw("No matching signature");
    expect(() => new Webhook(secret).verify(`${body} `, given)).to.throw("No matching signature");
  });

  it("tell of an order that ran out", async () => {
    await listenTo(["order.expired"]);
    const { id } = await order(house, await house.fan(), seat());
    await house.db.query({
      text: "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
      values: [id],
    });
    await expireOrders(house);
    await send();
    expect(receiver.received.map(({ body }) => JSON.parse(body).data.orderId)).to.deep.equal([id]);
  });

  it("are told only of what they asked for, and only of their event", async () => {
    await listenTo(["order.expired"]);
    await addEndpoint(
      { db: house.db, local: true },
      {
        event: { ...house.event, eventId: house.event.eventId + 1 },
        url: receiver.url,
        types: [...WEBHOOK_TYPES],
        by: "test",
      },
    );
    await buy(house, await house.fan(), seat());
    expect(await send()).to.equal(0);
    const { rows } = await house.db.query({ text: "SELECT id FROM sale.webhook_message" });
    expect(rows).to.have.length(0);
  });

  it("go away with a transaction that is rolled back", async () => {
    await listenTo();
    const { id } = await order(house, await house.fan(), seat());
    const lost = house.db.transaction(async (sql) => {
      await announceOrders(sql, { type: "order.paid", orderIds: [id] });
      throw new Error("rolled back");
    });
    await lost.catch(() => undefined);
    expect(await send()).to.equal(0);
  });

  it("come again until they are taken, with the same id", async () => {
    const { id } = await listenTo(["order.paid"]);
    receiver.statuses = [500, 302, 429];
    await buy(house, await house.fan(), seat());
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      expect(await send()).to.equal(1);
      expect(await send(), "not due yet").to.equal(0);
      await passTime();
    }
    expect(await send(), "taken").to.equal(0);
    const ids = new Set(receiver.received.map(({ headers }) => headers["webhook-id"]));
    expect([receiver.received.length, ids.size]).to.deep.equal([4, 1]);
    const [delivery] = await deliveriesOf(id);
    expect(delivery?.state).to.equal("delivered");
    expect(delivery?.log.map(({ status }) => status)).to.deep.equal([500, 302, 429, 200]);
  });

  it("wait as long as the receiver asks", async () => {
    const { id } = await listenTo(["order.paid"]);
    receiver.statuses = [503];
    receiver.headers = { "retry-after": "600" };
    await buy(house, await house.fan(), seat());
    await send();
    const [delivery] = await deliveriesOf(id);
    const waitMs = (delivery?.dueAt.getTime() ?? 0) - systemClock.now().getTime();
    expect(waitMs).to.be.within(590_000, 700_000);
  });

  it("end after 40 hours of trying, and those behind them go on", async () => {
    const { id } = await listenTo(["order.paid", "order.attention"]);
    receiver.statuses = Array.from({ length: 10 }, () => 500);
    const { id: orderId } = await buy(house, await house.fan(), seat());
    await announce(orderId, "order.attention");
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      expect(await send(), `attempt ${attempt}`).to.equal(1);
      await passTime();
    }
    const states = async () => (await deliveriesOf(id)).map(({ state }) => state);
    expect(await states()).to.deep.equal(["waiting", "failed"]);
    await send();
    expect(await states()).to.deep.equal(["delivered", "failed"]);
  });

  it("of one order come one after the other; those of others do not wait for them", async () => {
    await listenTo(["order.paid", "order.attention"]);
    const fan = await house.fan();
    const stuck = await buy(house, fan, seat());
    await announce(stuck.id, "order.attention");
    receiver.statuses = [500];
    expect(await send()).to.equal(1);
    expect(await send()).to.equal(0);
    const other = await buy(house, fan, seat());
    expect(await send()).to.equal(1);
    await passTime();
    while ((await send()) > 0);
    const told = receiver.received.map(({ body }) => JSON.parse(body));
    expect(told.map(({ type, data }) => [type, data.orderId])).to.deep.equal([
      ["order.paid", stuck.id],
      ["order.paid", other.id],
      ["order.paid", stuck.id],
      ["order.attention", stuck.id],
    ]);
  });

  it("are sent by one of two workers, and by the other one if that dies", async () => {
    await listenTo(["order.paid"]);
    await buy(house, await house.fan(), seat());
    let release: () => void = () => undefined;
    receiver.hold = new Promise((done) => {
      release = done;
    });
    const first = send();
    while (receiver.received.length === 0) await systemClock.sleep(5);
    expect(await send(), "in the first one's hand").to.equal(0);
    // the worker that has it in hand is taken for dead after its time
    await passTime();
    const second = send();
    while (receiver.received.length === 1) await systemClock.sleep(5);
    release();
    expect(await Promise.all([first, second])).to.deep.equal([1, 1]);
    expect(receiver.received.map(({ headers }) => headers["webhook-id"])).to.have.length(2);
    await passTime();
    expect(await send()).to.equal(0);
  });

  it("end with 410, for everything that waits", async () => {
    const { id } = await listenTo(["order.paid", "order.attention"]);
    const { id: orderId } = await buy(house, await house.fan(), seat());
    await announce(orderId, "order.attention");
    receiver.statuses = [410];
    await send();
    await passTime();
    expect(await send()).to.equal(0);
    const endpoint = await onlyEndpoint();
    expect([endpoint.state, endpoint.reason]).to.deep.equal([
      "disabled",
      "the receiver answered 410 Gone",
    ]);
    expect((await deliveriesOf(id)).map(({ state }) => state)).to.deep.equal(["failed", "failed"]);
    await announce(orderId, "order.paid");
    expect(await deliveriesOf(id)).to.have.length(2);
    await renewSecret(house, { event: house.event, id });
    await announce(orderId, "order.paid");
    expect(await send()).to.equal(1);
  });

  it("are sent again on request, with the same id and body", async () => {
    const { id } = await listenTo(["order.paid"]);
    await buy(house, await house.fan(), seat());
    await send();
    const [delivery] = await deliveriesOf(id);
    const endpoint = { event: house.event, id };
    await resend(house, { endpoint, messageId: delivery?.messageId ?? "" });
    expect(await send()).to.equal(1);
    const [first, second] = receiver.received;
    expect(second?.body).to.equal(first?.body);
    expect(second?.headers["webhook-id"]).to.equal(first?.headers["webhook-id"]);
    const foreign = { event: { ...house.event, eventId: 99 }, id };
    for (const [where, messageId] of [
      [foreign, delivery?.messageId ?? ""],
      [endpoint, "msg_none"],
    ] as const) {
      const outcome = await resend(house, { endpoint: where, messageId }).catch((e) => e.code);
      expect(outcome).to.equal("request/not-found");
    }
  });

  it("carry both signatures for a day after the secret was renewed", async () => {
    const { id, secret } = await listenTo(["order.paid"]);
    const renewed = await renewSecret(house, { event: house.event, id });
    const fan = await house.fan();
    await buy(house, fan, seat());
    await send();
    const [{ headers, body } = { headers: {}, body: "" }] = receiver.received;
    for (const each of [secret, renewed.secret]) {
      new Webhook(each).verify(body, headers as Record<string, string>);
    }
    await house.db.query({
      text: "UPDATE sale.webhook_endpoint SET previous_until = now() - interval '1 second'",
    });
    await buy(house, fan, seat());
    await send();
    const last = receiver.received[1];
    const given = last?.headers as Record<string, string>;
    new Webhook(renewed.secret).verify(last?.body ?? "", given);
    expect(() => new Webhook(secret).verify(last?.body ?? "", given)).to.throw("No matching");
  });

  it("have at most ten receivers per event, and a removed one hears nothing", async () => {
    const made = [];
    for (let i = 0; i < 10; i += 1) made.push(await listenTo(["order.paid"]));
    const refused = await listenTo().catch((error) => error.code);
    expect(refused).to.equal("webhook/limit-reached");
    for (const { id } of made) await removeEndpoint(house, { event: house.event, id });
    await buy(house, await house.fan(), seat());
    expect(await send()).to.equal(0);
    const gone = { event: house.event, id: made[0]?.id ?? "" };
    expect(await removeEndpoint(house, gone).catch((e) => e.code)).to.equal("request/not-found");
    expect(await renewSecret(house, gone).catch((e) => e.code)).to.equal("request/not-found");
  });

  it("are kept for 30 days", async () => {
    const { id } = await listenTo(["order.paid"]);
    await buy(house, await house.fan(), seat());
    await send();
    const age = (days: number) =>
      house.db.query({
        text: "UPDATE sale.webhook_message SET created_at = now() - $1 * interval '1 day'",
        values: [days],
      });
    await age(29);
    expect(await pruneMessages(house.db)).to.equal(0);
    await age(31);
    expect(await pruneMessages(house.db)).to.equal(1);
    expect(await deliveriesOf(id)).to.have.length(0);
  });

  async function onlyEndpoint() {
    const [endpoint] = await listEndpoints(house, house.event);
    if (endpoint === undefined) throw new Error("there is no endpoint");
    return endpoint;
  }
});
