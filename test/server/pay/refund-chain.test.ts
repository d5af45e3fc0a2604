// Refunds and the chain: who may enter meanwhile, tickets that were sold on, reorgs, the limit of a day.
import { expect } from "chai";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { Client } from "#scripts/demo-client.ts";
import { openPassSession } from "#scripts/demo-pass.ts";
import { grantRole } from "#server/auth/grant-role.ts";
import { packSeat, parseTicketId } from "#server/domain/ticket-id.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { addEndpoint } from "#server/webhook/endpoint.ts";
import { buyAndMint, hold, stalls } from "../../support/buy.ts";
import { mineBlocks, reorgAfter, write } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";
import { openMarket, organiser } from "../../support/market.ts";
import { askBack, booksOf, openRefunder, workOff } from "../../support/refund-work.ts";
import { expectProblem } from "../../support/refusals.ts";

const SUITE_LIMIT_MS = 90_000;
/** Deep enough that a void waits for it, and less than is mined where it should not. */
const FINALITY = 60;
const PRICE = 4_800n;
/** As TicketWord.sol has it. */
const FLAG_VOID = 4;
const FACE_WEI = PRICE * 10n ** 9n;

describe("refunds on chain", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  let staff: Client;
  let seats = 0;
  before(async () => {
    house = await openHouse({ modules: true, finality: FINALITY });
    staff = await house.organiser();
  });
  after(() => house.close());

  /** A minted order of two tickets of the front row's price. */
  async function minted() {
    const fan = await house.fan();
    const at = stalls(1 + Math.floor(seats / 6), 1 + 2 * (seats % 6), 2 + 2 * (seats % 6));
    seats += 1;
    const order = await buyAndMint(house, fan, at);
    const tickets = order.lines.map(({ ticketId }) => ticketId) as [string, string];
    const read = () => fan.call("getOrder", { params: { orderId: order.id } });
    return { id: order.id, total: BigInt(order.total), fan, tickets, read, seats: at };
  }

  const idOf = (ticket: string) => parseTicketId(ticket).ticketId;
  const refundsOf = async (order: { id: string }) =>
    (await staff.call("getRefunds", { params: { orderId: order.id } })).refunds;
  const work = () => workOff(house, openRefunder(house));

  async function scan(fan: Client, ticket: string, nonce = 0) {
    const { chainId, tickets } = house.chain.deployment;
    const of = { ticketId: idOf(ticket), nonce, chainId, tickets };
    const pass = await (await openPassSession(fan.account, of)).codeAt();
    const body = { scanId: randomUuid(), eventId: house.eventId, gate: "Main door", pass };
    return (await house.gate()).call("scan", { body });
  }

  async function isVoid(ticket: string): Promise<boolean> {
    const call = { address: house.chain.deployment.tickets, abi: ticketsAbi } as const;
    const found = await house.chain.client.readContract({
      ...{ ...call, functionName: "ticketOf", args: [idOf(ticket)] },
    });
    return (found.flags & FLAG_VOID) !== 0;
  }

  it("admit nobody from the moment in which they are asked for", async () => {
    const order = await minted();
    await askBack(staff, order, [order.tickets[0]]);
    expect(await scan(order.fan, order.tickets[0])).to.include({ reason: "void" });
    expect(await scan(order.fan, order.tickets[1])).to.include({ decision: "admit" });
  });

  it("are refused for a ticket that somebody entered with, on either record", async () => {
    const order = await minted();
    await scan(order.fan, order.tickets[0]);
    await expectProblem(askBack(staff, order, [order.tickets[0]]), "refund/impossible");
    await house.indexerDb.query({
      text: "UPDATE mirror.ticket SET used = true WHERE ticket_id = $1",
      values: [idOf(order.tickets[1])],
    });
    await expectProblem(askBack(staff, order, [order.tickets[1]]), "refund/impossible");
    expect(await refundsOf(order)).to.deep.equal([]);
  });

  it("let a door and a box office decide one after the other, in either order", async () => {
    for (let round = 1; round <= 3; round += 1) {
      const order = await minted();
      const [scanned, asked] = await Promise.all([
        scan(order.fan, order.tickets[0]),
        askBack(staff, order, [order.tickets[0]]).then(
          () => "asked",
          () => "refused",
        ),
      ]);
      const wanted = scanned.decision === "admit" ? "refused" : "asked";
      expect(asked).to.equal(wanted);
    }
  });

  it("pay nothing for a ticket that was used before the chain heard of it", async () => {
    const order = await minted();
    await askBack(staff, order, [...order.tickets]);
    await house.indexerDb.query({
      text: "UPDATE mirror.ticket SET used = true WHERE ticket_id = $1",
      values: [idOf(order.tickets[0])],
    });
    await work();
    const [refund] = await refundsOf(order);
    expect(refund).to.include({ state: "done", amount: PRICE.toString() });
    expect(refund?.lines.map(({ state }) => state)).to.deep.equal(["refused", "freed"]);
    expect(await booksOf(house, order.id)).to.deep.equal({ provider: PRICE, all: 0n });
    expect((await order.read()).state).to.equal("fulfilled");
  });

  it("pay whoever holds a ticket that was sold on, from the organiser's fund, and the payer nothing", async () => {
    const order = await minted();
    const market = openMarket(house.chain);
    const buyer = await market.fan();
    const id = idOf(order.tickets[0]);
    await market.sell({ from: order.fan.account, to: buyer, id, price: FACE_WEI });
    await house.mirror();
    await askBack(staff, order, [...order.tickets]);
    await work();
    let [refund] = await refundsOf(order);
    expect(refund).to.include({ state: "paying", amount: PRICE.toString() });
    expect(refund?.lines.map(({ state }) => state)).to.deep.equal(["waiting", "freed"]);
    expect(refund?.lines[0]?.toDo).to.include("fundRefunds");
    const before = await house.chain.client.getBalance({ address: buyer.address });
    const { eventId } = house.event;
    const fund = [BigInt(eventId), FACE_WEI];
    await market.send(organiser, "boxOffice", "fundRefunds", fund, FACE_WEI);
    await house.mirror();
    await work();
    [refund] = await refundsOf(order);
    expect(refund?.lines.map(({ state }) => state)).to.deep.equal(["freed", "freed"]);
    const after = await house.chain.client.getBalance({ address: buyer.address });
    expect(after - before).to.equal(FACE_WEI);
    expect(await booksOf(house, order.id)).to.deep.equal({ provider: PRICE, all: 0n });
    expect((await order.read()).state).to.equal("refunded");
  });

  it("void again, by the same bytes, what a reorg brought back, and pay only then", async () => {
    const order = await minted();
    await askBack(staff, order, [...order.tickets]);
    const refunder = openRefunder(house);
    const before = await house.chain.client.getBlockNumber({ cacheTime: 0 });
    await refunder.refundDue();
    await mineBlocks(house.chain, 3);
    await house.mirror();
    await refunder.refundDue();
    expect(await booksOf(house, order.id)).to.deep.equal({ provider: order.total, all: 0n });
    expect(await isVoid(order.tickets[0])).to.equal(true);
    await reorgAfter(house.chain, before);
    await house.mirror();
    expect(await isVoid(order.tickets[0])).to.equal(false);
    await refunder.refundDue();
    expect(await booksOf(house, order.id)).to.deep.equal({ provider: order.total, all: 0n });
    await work();
    expect(await isVoid(order.tickets[0])).to.equal(true);
    expect((await order.read()).state).to.equal("refunded");
    const { rowCount } = await house.db.query({
      text: `SELECT DISTINCT tx_id FROM sale.refund_line WHERE order_id = $1`,
      values: [order.id],
    });
    expect(rowCount).to.equal(1);
  });

  it("show the seats as free to everybody, and let the fan hold as many as before", async () => {
    const order = await minted();
    await askBack(staff, order, [...order.tickets]);
    await work();
    const { sold } = await order.fan.call("getSeatStates", { params: { eventId: house.eventId } });
    expect(sold).to.not.include.members(order.seats);
    const again = await hold(house, order.fan, order.seats);
    expect(again.seats).to.have.lengthOf(2);
  });

  it("are told to receivers of webhooks with what became of each ticket", async () => {
    const order = await minted();
    const to = { url: "https://example.org/hooks", types: ["order.refunded"] as const };
    await addEndpoint({ db: house.db, local: false }, { event: house.event, ...to, by: "test" });
    await askBack(staff, order, [order.tickets[0]]);
    await work();
    const { rows } = await house.db.query<{ body: string }>({
      text: "SELECT body FROM sale.webhook_message WHERE order_id = $1",
      values: [order.id],
    });
    const told = rows.map(({ body }) => JSON.parse(body));
    expect(told).to.have.lengthOf(1);
    expect(told[0]).to.include({ type: "order.refunded" });
    expect(told[0].data.lines.map(({ refund }: { refund: string }) => refund)).to.deep.equal([
      "freed",
      null,
    ]);
  });

  it("are asked for by the event's own box office alone, and audited", async () => {
    const order = await minted();
    const clerk = await house.fan();
    await expectProblem(askBack(clerk, order, [order.tickets[0]]), "auth/forbidden");
    const address = clerk.account.address.toLowerCase() as `0x${string}`;
    const grant = { scope: house.event, address, role: "box-office", actor: "test" } as const;
    await house.db.transaction((sql) => grantRole(sql, { clock: systemClock }, grant));
    const { id: refundId } = await askBack(clerk, order, [order.tickets[0]]);
    const { rows } = await house.db.query<{ actor: string; details: { refundId: string } }>({
      text: "SELECT actor, details FROM sale.audit WHERE subject = $1",
      values: [order.id],
    });
    expect(rows.map(({ actor, details }) => [actor, details.refundId])).to.deep.equal([
      [address, refundId],
    ]);
    await work();
  });

  it("go on with what the contract still takes today, and wait with the rest", async () => {
    const order = await minted();
    // All but one of the day's voids, by another hand.
    const others = await minted();
    const { rows } = await house.db.query<{ count: bigint }>({
      text: "SELECT count(*) FROM mirror.ticket_void",
    });
    const left = 50 - Number(rows[0]?.count ?? 0n) - 1;
    const spare: bigint[] = [];
    while (spare.length < left) {
      const fan = await house.fan();
      const next = Array.from({ length: Math.min(8, left - spare.length) }, (_, at) =>
        balcony(spare.length + at),
      );
      const bought = await buyAndMint(house, fan, next);
      spare.push(...bought.lines.map(({ ticketId }) => idOf(ticketId)));
    }
    await write(house.chain, "refunder", { functionName: "void", args: [spare] });
    await house.mirror();
    await askBack(staff, order, [...order.tickets]);
    await workOff(house, openRefunder(house));
    const states = (await refundsOf(order))[0]?.lines.map(({ state }) => state) ?? [];
    expect([...states].sort()).to.deep.equal(["asked", "voided"]);
    expect(await isVoid(order.tickets[0])).to.not.equal(await isVoid(order.tickets[1]));
    expect(await booksOf(house, order.id)).to.deep.equal({ provider: order.total, all: 0n });
    expect((await others.read()).state).to.equal("fulfilled");
  });
});

/** Its rows have eighteen seats, of which two are left free. */
function balcony(at: number): number {
  return packSeat({ section: 2, row: 1 + Math.floor(at / 16), seat: 1 + (at % 16) });
}
