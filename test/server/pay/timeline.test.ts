// The timeline of an order: every step of its way, for those whom it concerns, and nothing of another order's.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { openPassSession } from "#scripts/demo-pass.ts";
import { parseTicketId } from "#server/domain/ticket-id.ts";
import { expireOrders } from "#server/pay/sweep-payments.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buy, buyAndMint, hold, order as makeOrder, stalls } from "../../support/buy.ts";
import { reorgAfter, rpc } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";
import { openMarket } from "../../support/market.ts";
import { askBack, openRefunder, workOff } from "../../support/refund-work.ts";
import { expectProblem } from "../../support/refusals.ts";

const SUITE_LIMIT_MS = 60_000;
/** Deep enough to take a mint away again. */
const FINALITY = 60;
const FACE_WEI = 4_800n * 10n ** 9n;
const ONE_COIN = "0xde0b6b3a7640000";
const AT_DOORS = ["held", "claimed", "paid", "sent", "sent", "minted", "minted"];

describe("the timeline of an order", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  let staff: Client;
  before(async () => {
    house = await openHouse({ modules: true, finality: FINALITY });
    staff = await house.organiser();
  });
  after(() => house.close());

  const idOf = (ticket: string) => parseTicketId(ticket).ticketId;
  const timeline = async (by: Client, orderId: string) =>
    (await by.call("getOrderTimeline", { params: { orderId } })).steps;
  const kinds = async (by: Client, orderId: string) =>
    (await timeline(by, orderId)).map(({ kind }) => kind);

  async function minted(row: number) {
    const fan = await house.fan();
    const order = await buyAndMint(house, fan, stalls(row, 1, 2));
    const tickets = order.lines.map(({ ticketId }) => ticketId) as [string, string];
    return { id: order.id, fan, tickets, lines: order.lines };
  }

  async function admit(fan: Client, ticket: string): Promise<void> {
    const { chainId, tickets } = house.chain.deployment;
    const of = { ticketId: idOf(ticket), nonce: 0, chainId, tickets };
    const pass = await (await openPassSession(fan.account, of)).codeAt();
    const body = { scanId: randomUuid(), eventId: house.eventId, gate: "Main door", pass };
    const scanned = await (await house.gate()).call("scan", { body });
    expect(scanned).to.include({ decision: "admit" });
  }

  it("goes from the hold to the wallet, with times, seats, prices and transactions", async () => {
    const { id, fan, lines } = await minted(1);
    const steps = await timeline(fan, id);
    expect(steps.map(({ kind }) => kind)).to.deep.equal(AT_DOORS);
    const [held, claimed, paid, ...chain] = steps;
    const order = await fan.call("getOrder", { params: { orderId: id } });
    expect(Date.parse(held?.at ?? "")).to.be.at.most(Date.parse(order.createdAt));
    expect(claimed).to.deep.include({ at: order.createdAt, amount: "9600", currency: "EUR" });
    expect(paid).to.deep.include({ at: order.paidAt, amount: "9600", ticketId: null, final: null });
    const labels = lines.map(({ label }) => label);
    expect(chain.map(({ label }) => label)).to.deep.equal([...labels, ...labels]);
    const [hash] = lines.map(({ txHash }) => txHash);
    expect(new Set(chain.map(({ txHash }) => txHash))).to.deep.equal(new Set([hash]));
    expect(chain.map(({ final }) => final)).to.deep.equal([null, null, false, false]);
  });

  it("remembers when a hold was made, also of one that got its time again", async () => {
    const fan = await house.fan();
    const made = await hold(house, fan, stalls(2, 1));
    const params = { eventId: house.eventId, holdId: made.id };
    const extended = await fan.call("extendHold", { params });
    expect(extended.extended).to.equal(true);
    await expectProblem(fan.call("extendHold", { params }), "hold/extended");
    const body = { eventId: house.eventId, holdId: made.id };
    const { id } = await fan.call("createOrder", { body, key: randomUuid() });
    const [held] = await timeline(fan, id);
    const { rows } = await house.db.query<{ ttl: number }>({
      text: "SELECT hold_ttl_ms AS ttl FROM sale.event WHERE deployment = $1 AND id = $2",
      values: [house.event.deployment, house.event.eventId],
    });
    expect(held?.kind).to.equal("held");
    expect(Date.parse(held?.at ?? "")).to.equal(Date.parse(made.expiresAt) - (rows[0]?.ttl ?? 0));
  });

  it("has what came of each ticket: sold on, given, let in, taken back and paid back", async () => {
    const { id, fan, tickets } = await minted(3);
    const market = openMarket(house.chain);
    const buyer = await market.fan();
    const sale = { from: fan.account, to: buyer, id: idOf(tickets[0]), price: FACE_WEI };
    await market.sell(sale);
    await house.mirror();
    await admit(fan, tickets[1]);
    const steps = (await timeline(fan, id)).slice(AT_DOORS.length);
    expect(steps.map(({ kind }) => kind)).to.have.members(["resold", "scanned"]);
    const sold = steps.find(({ kind }) => kind === "resold");
    expect(sold).to.include({ ticketId: tickets[0], amount: String(FACE_WEI) });
    expect(sold?.txHash).to.match(/^0x/);

    const other = await minted(4);
    await rpc(house.chain, "anvil_setBalance", [other.fan.account.address, ONE_COIN]);
    const gift = [other.fan.account.address, buyer.address, idOf(other.tickets[0])];
    await market.send(other.fan.account, "tickets", "transferFrom", gift);
    await house.mirror();
    await askBack(staff, other, [other.tickets[1]]);
    await workOff(house, openRefunder(house));
    const after = (await timeline(other.fan, other.id)).slice(AT_DOORS.length);
    const wanted = ["given", "refund-asked", "voided", "refunded"];
    expect(after.map(({ kind }) => kind)).to.deep.equal(wanted);
    expect(after[0]).to.include({ ticketId: other.tickets[0], amount: null });
    const amount = other.lines[1]?.price;
    expect(after[3]).to.include({ ticketId: other.tickets[1], amount, currency: "EUR" });
    expect(after[2]).to.include({ final: true });
  });

  it("keeps from the buyer when somebody else enters, not from who sells the tickets", async () => {
    const { id, fan, tickets } = await minted(5);
    await admit(fan, tickets[0]);
    expect(await kinds(fan, id)).to.include("scanned");
    await house.indexerDb.query({
      text: "UPDATE mirror.ticket SET owner = $2 WHERE ticket_id = $1",
      values: [idOf(tickets[0]), `0x${"0c".repeat(20)}`],
    });
    expect(await kinds(fan, id)).to.not.include("scanned");
    expect(await kinds(staff, id)).to.include("scanned");
  });

  it("is nobody else's, and looks to others like an order that never was", async () => {
    const fan = await house.fan();
    const { id } = await buy(house, fan, stalls(6, 1));
    expect(await kinds(staff, id)).to.deep.equal(["held", "claimed", "paid"]);
    const others = [await house.fan(), await house.gate(), await house.operator()];
    for (const other of others) await expectProblem(timeline(other, id), "request/not-found");
    await expectProblem(timeline(staff, `ord_${"0".repeat(26)}`), "request/not-found");
  });

  it("of an order that ended unpaid has nothing of the one that got its seat", async () => {
    const [late, quick] = [await house.fan(), await house.fan()];
    const { id } = await makeOrder(house, late, stalls(6, 3));
    await house.db.query({
      text: "UPDATE sale.order SET expires_at = created_at + interval '1 ms' WHERE id = $1",
      values: [id],
    });
    expect(await kinds(late, id)).to.have.members(["held", "claimed", "expired"]);
    await expireOrders(house);
    await house.db.query({
      text: "UPDATE sale.claim SET expires_at = now() - interval '1 s' WHERE order_id = $1",
      values: [id],
    });
    await house.redis.flushdb();
    await buyAndMint(house, quick, stalls(6, 3));
    expect(await kinds(late, id)).to.have.members(["held", "claimed", "expired"]);
  });

  it("forgets what a reorg took away, until it is there again", async () => {
    const before = await house.chain.client.getBlockNumber({ cacheTime: 0 });
    const { id, fan } = await minted(7);
    expect(await kinds(fan, id)).to.deep.equal(AT_DOORS);
    await reorgAfter(house.chain, before);
    await house.mirror();
    expect(await kinds(fan, id)).to.deep.equal(["held", "claimed", "paid", "sent", "sent"]);
  });
});
