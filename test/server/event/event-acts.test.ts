// A cancelled event pays every order back in batches; a moved one tells every order, and takes tickets back.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { openPassSession } from "#scripts/demo-pass.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { parseTicketId } from "#server/domain/ticket-id.ts";
import { closeActs } from "#server/event/act/run-acts.ts";
import { tellOrders } from "#server/event/act/tell-orders.ts";
import { createPublisher } from "#server/event/publish/publisher.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { addEndpoint } from "#server/webhook/endpoint.ts";
import { buy, buyAndMint, hold, order as makeOrder, mint, pay, stalls } from "../../support/buy.ts";
import { rpc } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";
import { openMarket, organiser } from "../../support/market.ts";
import { daysAhead } from "../../support/organise.ts";
import { booksOf, finalise, openRefunder, SOON_FINAL, workOff } from "../../support/refund-work.ts";
import { expectProblem } from "../../support/refusals.ts";

const SUITE_LIMIT_MS = 120_000;
const FACE_WEI = 4_800n * 10n ** 9n;
const ONE_COIN = "0xde0b6b3a7640000";
/** A little longer than a sale's terms are remembered. */
const TERMS_KEPT_MS = 5_100;
const LATER = { doorsAt: daysAhead(60), startsAt: daysAhead(61), endsAt: daysAhead(62) };

describe("an event on sale", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  let staff: Client;
  beforeEach(async () => {
    house = await openHouse({ modules: true, finality: SOON_FINAL });
    staff = await house.organiser();
    const types = ["order.event-cancelled", "order.event-moved", "order.refunded"] as const;
    const to = { url: "https://example.org/hooks", types };
    await addEndpoint({ db: house.db, local: false }, { event: house.event, ...to, by: "test" });
  });
  afterEach(() => house.close());

  const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.organiser).privateKey);
  const params = () => ({ eventId: house.eventId });
  const cancel = (by = staff, key = randomUuid()) =>
    by.call("cancelEvent", { params: params(), body: { reason: "no singer" }, key });
  const move = (times = LATER, by = staff) =>
    by.call("rescheduleEvent", {
      params: params(),
      body: { ...times, reason: "no singer" },
      key: randomUuid(),
    });
  const acts = () => staff.call("getEventActs", { params: params() });

  /** What the worker does until the chain has it for good, and everybody was told. */
  async function act(): Promise<void> {
    const publisher = createPublisher({ ...house, signer, holder: "acts" });
    await publisher.publishWaiting();
    await recoverTransactions(house);
    await finalise(house);
    await closeActs(house.db);
    while (await tellOrders(house.db));
  }

  async function told(type: string): Promise<string[]> {
    const { rows } = await house.db.query<{ order_id: string }>({
      text: "SELECT order_id FROM sale.webhook_message WHERE type = $1 ORDER BY seq",
      values: [type],
    });
    return rows.map((row) => row.order_id);
  }

  it("that is cancelled pays every order back, minted or not, sold on or not, and tells each", async () => {
    const [ann, ben, cat] = [await house.fan(), await house.fan(), await house.fan()];
    const minted = await buyAndMint(house, ann, stalls(1, 1, 2));
    const resold = await buyAndMint(house, ben, stalls(1, 3));
    const market = openMarket(house.chain);
    const buyer = await market.fan();
    const ticket = parseTicketId(resold.lines[0]?.ticketId ?? "").ticketId;
    await market.sell({ from: ben.account, to: buyer, id: ticket, price: FACE_WEI });
    const queued = await buy(house, cat, stalls(1, 4));
    const unpaid = await makeOrder(house, await house.fan(), stalls(1, 5));
    await house.mirror();

    const answer = await cancel();
    expect(answer).to.deep.include({ state: "cancelled" });
    expect(answer.orders).to.deep.equal({ paid: 3, refunded: 0, waiting: 0, attention: 0 });
    const refunder = openRefunder(house);
    await refunder.refundDue();
    // Nobody is paid before the chain keeps everybody out, but for what never was on it.
    expect((await booksOf(house, minted.id)).provider).to.equal(9_600n);
    await act();
    await workOff(house, refunder);
    const ids = [minted.id, resold.id, queued.id].sort();
    expect(await told("order.event-cancelled")).to.deep.equal(ids);
    expect((await booksOf(house, minted.id)).provider).to.equal(0n);
    expect((await booksOf(house, queued.id)).provider).to.equal(0n);
    // The payer was paid by the buyer, who is paid from the fund.
    expect((await booksOf(house, resold.id)).provider).to.equal(4_800n);
    expect((await acts()).orders).to.deep.equal({ paid: 3, refunded: 2, waiting: 1, attention: 0 });
    const before = await house.chain.client.getBalance({ address: buyer.address });
    const fund = [BigInt(house.event.eventId), FACE_WEI];
    await market.send(organiser, "boxOffice", "fundRefunds", fund, FACE_WEI);
    await house.mirror();
    await workOff(house, refunder);
    const after = await house.chain.client.getBalance({ address: buyer.address });
    expect(after - before).to.equal(FACE_WEI);
    expect((await acts()).orders).to.include({ refunded: 3, waiting: 0 });
    expect(new Set(await told("order.refunded"))).to.deep.equal(new Set(ids));
    expect(await told("order.event-cancelled"), "nobody paid it").to.not.include(unpaid.id);
    const { rowCount: voids } = await house.db.query({
      text: "SELECT 1 FROM sale.chain_tx WHERE intent LIKE 'void%'",
    });
    expect(voids, "the event is cancelled in one transaction").to.equal(0);
  });

  it("that is cancelled sells nothing more and takes no payment of what was ordered", async () => {
    const fan = await house.fan();
    const made = await makeOrder(house, fan, stalls(2, 1));
    await cancel();
    await expectProblem(pay(fan, made.id), "order/expired");
    const other = await openHouseReader();
    await expectProblem(hold(house, other, stalls(2, 2)), "request/not-found");
    expect((await fan.call("getEvent", { params: params() })).state).to.equal("cancelled");
    await expectProblem(cancel(), "event/wrong-state");
  });

  it("that is cancelled admits nobody from that moment on", async () => {
    const fan = await house.fan();
    const order = await buyAndMint(house, fan, stalls(2, 3));
    const ticketId = parseTicketId(order.lines[0]?.ticketId ?? "").ticketId;
    const { chainId, tickets } = house.chain.deployment;
    await cancel();
    const of = { ticketId, nonce: 0, chainId, tickets };
    const pass = await (await openPassSession(fan.account, of)).codeAt();
    const body = { scanId: randomUuid(), eventId: house.eventId, gate: "Main door", pass };
    const scanned = await (await house.gate()).call("scan", { body });
    expect(scanned).to.include({ decision: "refuse", reason: "event_cancelled" });
  });

  /** What a sale is was remembered for some seconds. */
  async function openHouseReader(): Promise<Client> {
    await systemClock.sleep(TERMS_KEPT_MS);
    return house.fan();
  }

  it("that is cancelled twice by one key is cancelled once, and by its organiser alone", async () => {
    const key = randomUuid();
    await expectProblem(cancel(await house.fan()), "auth/forbidden");
    const answers = await Promise.all([cancel(staff, key), cancel(staff, key)]);
    expect(answers.map(({ acts: found }) => found.length)).to.deep.equal([1, 1]);
  });

  it("goes on where a worker left it, order by order", async () => {
    const orders: string[] = [];
    for (let at = 1; at <= 4; at += 1) {
      orders.push((await buy(house, await house.fan(), stalls(3, at))).id);
    }
    await cancel();
    const dying = openRefunder({
      ...house,
      db: { ...house.db, transaction: dyingAfter(2) },
    });
    await dying.refundDue().catch(() => undefined);
    const { rowCount: begun } = await house.db.query({ text: "SELECT 1 FROM sale.refund" });
    expect(begun).to.equal(2);
    await act();
    await workOff(house, openRefunder(house));
    expect((await acts()).orders).to.include({ paid: 4, refunded: 4 });
    const { rowCount: all } = await house.db.query({ text: "SELECT 1 FROM sale.refund" });
    expect(all).to.equal(4);
  });

  function dyingAfter(transactions: number): House["db"]["transaction"] {
    let left = transactions;
    return (work) => {
      left -= 1;
      if (left < 0) throw new Error("the worker is dead");
      return house.db.transaction(work);
    };
  }

  it("that is moved shows the new times when the chain has them, tells every order, and no earlier", async () => {
    const order = await buy(house, await house.fan(), stalls(4, 1));
    await expectProblem(move({ ...LATER, doorsAt: daysAhead(1) }), "event/invalid");
    await expectProblem(move({ ...LATER, startsAt: daysAhead(59) }), "event/invalid");
    await move();
    await expectProblem(move(), "event/wrong-state");
    const { doorsAt: before } = await staff.call("getDraft", { params: params() });
    expect(before).to.not.equal(LATER.doorsAt);
    expect(await told("order.event-moved")).to.deep.equal([]);
    await act();
    expect((await acts()).acts[0]).to.include({ kind: "reschedule", state: "done", ordersTold: 1 });
    const event = await staff.call("getDraft", { params: params() });
    expect({ doorsAt: event.doorsAt, startsAt: event.startsAt }).to.deep.equal({
      doorsAt: LATER.doorsAt,
      startsAt: LATER.startsAt,
    });
    await act();
    expect(await told("order.event-moved")).to.deep.equal([order.id]);
  });

  it("that is moved pays back a ticket that its holder gives back", async () => {
    const fan = await house.fan();
    const { id } = await buy(house, fan, stalls(3, 1, 2));
    const order = await mint(house, fan, id);
    await move();
    await act();
    await rpc(house.chain, "anvil_setBalance", [fan.account.address, ONE_COIN]);
    const ticketId = parseTicketId(order.lines[0]?.ticketId ?? "").ticketId;
    await openMarket(house.chain).send(fan.account, "tickets", "giveBack", [ticketId]);
    await finalise(house);
    await workOff(house, openRefunder(house));
    const [refund] = (await staff.call("getRefunds", { params: { orderId: id } })).refunds;
    expect(refund).to.include({ cause: "returned", state: "done", amount: "4800" });
    expect(await booksOf(house, id)).to.deep.equal({ provider: 4_800n, all: 0n });
    const after = await fan.call("getOrder", { params: { orderId: id } });
    expect(after.lines.map(({ refund: back }) => back)).to.deep.equal(["freed", null]);
  });
});
