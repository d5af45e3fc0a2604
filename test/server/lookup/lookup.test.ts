// Everything that people look up on the mirror: by seat, event, order and transaction, and how new it is.
import { expect } from "chai";
import { syncStep } from "#indexer/sync.ts";
import { createClient } from "#scripts/demo-client.ts";
import { formatTicketId } from "#server/domain/ticket-id.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { type House, openHouse } from "../../support/house.ts";
import { FACE_WEI, gate, MARKET_EVENT, openPlay, type Play } from "../../support/market.ts";
import { expectProblem } from "../../support/refusals.ts";

const EVENT = `evt_1_${MARKET_EVENT}`;
const params = { eventId: EVENT };

describe("lookups", () => {
  let house: House;
  let play: Play;
  let api: ReturnType<typeof createClient>;
  let people: Awaited<ReturnType<Play["fan"]>>[];
  let bought: { orderId: string; hash: string };
  before(async () => {
    house = await openHouse({ modules: true });
    play = await openPlay(house.chain);
    await play.lockSplit();
    api = createClient(house.url, `0x${"1".repeat(64)}`);
    people = await Promise.all([play.fan(), play.fan(), play.fan()]);
    const [ann, ben, cid] = people as [Buyer, Buyer, Buyer];
    bought = await play.buy(ann, 1, 2);
    const [first, second] = play.ids(1, 2) as [bigint, bigint];
    await play.sell({ from: ann, to: ben, id: first, price: FACE_WEI });
    await play.sell({ from: ben, to: cid, id: first, price: FACE_WEI * 2n });
    await play.send(gate, "tickets", "checkInMany", [[second]]);
    await house.mirror();
  });
  after(() => house.close());

  const idOf = (ticketId: bigint) => formatTicketId({ deployment: 1, ticketId });
  const addressAt = (at: number) => (people[at] as Buyer).address.toLowerCase();

  it("tells a ticket's history with what it cost each time", async () => {
    const [first, second] = play.ids(1, 2) as [bigint, bigint];
    const { entries } = await api.call("getTicketHistory", { params: { ticketId: idOf(first) } });
    expect(entries.map(({ kind, from, to, amount }) => [kind, from, to, amount])).to.deep.equal([
      ["mint", null, addressAt(0), null],
      ["sale", addressAt(0), addressAt(1), FACE_WEI.toString()],
      ["sale", addressAt(1), addressAt(2), (FACE_WEI * 2n).toString()],
    ]);
    const other = await api.call("getTicketHistory", { params: { ticketId: idOf(second) } });
    expect(other.entries.map(({ kind }) => kind)).to.deep.equal(["mint", "check-in"]);
  });

  it("lists an event's sales, newest first, page by page", async () => {
    const whole = await api.call("listSales", { params });
    expect(whole.sales.map(({ price }) => price)).to.deep.equal([
      (FACE_WEI * 2n).toString(),
      FACE_WEI.toString(),
    ]);
    expect(whole.currency).to.equal(`0x${"0".repeat(40)}`);
    const page = await api.call("listSales", { params, query: { limit: 1 } });
    const cursor = page.next as string;
    const next = await api.call("listSales", { params, query: { limit: 1, cursor } });
    expect([...page.sales, ...next.sales]).to.deep.equal(whole.sales);
    expect(next.next).to.equal(null);
  });

  it("tells who is owed what of the royalties, to the last unit", async () => {
    const { collected, distributed, payees } = await api.call("getRoyalties", { params });
    expect([collected, distributed]).to.deep.equal([((FACE_WEI * 3n) / 10n).toString(), "0"]);
    expect(payees.map(({ shareBps }) => shareBps)).to.deep.equal([6_667, 3_333]);
    const owed = payees.reduce((sum, payee) => sum + BigInt(payee.owed), 0n);
    expect(owed.toString()).to.equal(collected);
    expect(payees.map(({ paid }) => paid)).to.deep.equal(["0", "0"]);
  });

  it("finds a ticket by its seat, and tickets by wallet, event and state", async () => {
    const [first, second] = play.ids(1, 2) as [bigint, bigint];
    const seat = String(second & ((1n << 36n) - 1n));
    const found = await api.call("getSeatTicket", { params: { eventId: EVENT, seat } });
    expect(found).to.include({ id: idOf(second), state: "used" });
    const list = async (query: Record<string, string>) =>
      (await api.call("listTickets", { query } as never)).tickets.map(({ id }) => id);
    expect(await list({ owner: addressAt(2), eventId: EVENT })).to.deep.equal([idOf(first)]);
    expect(await list({ owner: addressAt(2), eventId: "evt_1_1" })).to.deep.equal([]);
    expect(await list({ owner: addressAt(0), state: "used" })).to.deep.equal([idOf(second)]);
    expect(await list({ owner: addressAt(0), state: "valid" })).to.deep.equal([]);
  });

  it("finds an order that was paid on chain, with its tickets", async () => {
    const order = await api.call("getPaidOrder", { params: { orderId: bought.orderId } });
    expect(order).to.include({ eventId: EVENT, payer: addressAt(0), txHash: bought.hash });
    expect(order.amount).to.equal((FACE_WEI * 2n).toString());
    expect(order.tickets.map(({ id }) => id)).to.deep.equal(play.ids(1, 2).map(idOf));
  });

  it("lets a caller wait until its own transaction is mirrored", async () => {
    const { hash } = await play.buy(people[0] as Buyer, 9);
    const ask = { params: { txHash: hash } };
    const early = await api.call("getTransaction", ask);
    expect(early).to.include({ state: "included" });
    const waiting = api.call("getTransaction", { ...ask, query: { wait: 10 } });
    await systemClock.sleep(300);
    const deps = { ...house, db: house.indexerDb, metrics: createMetrics("lookup") };
    while (!(await syncStep(deps)));
    const late = await waiting;
    expect(late.state).to.equal("mirrored");
    expect(late.tickets.map(({ id }) => id)).to.deep.equal(play.ids(9).map(idOf));
    const unknown = { params: { txHash: `0x${"cd".repeat(32)}` } };
    expect(await api.call("getTransaction", unknown)).to.include({ state: "unknown" });
  });

  it("says in a header of each answer how new the mirror is", async () => {
    const { deployments } = await api.call("getMirror");
    expect(deployments).to.have.lengthOf(1);
    expect(deployments[0]?.lagBlocks).to.equal(0);
    expect(deployments[0]?.blockNumber).to.be.at.least(deployments[0]?.finalNumber as number);
    const response = await fetch(new URL(`/v1/tickets?owner=${addressAt(0)}`, house.url));
    expect(response.headers.get("mirror-freshness")).to.match(
      /^1;block=\d+;lag-blocks=0;lag-seconds=[\d.]+$/,
    );
  });

  it("answers no older than a caller has seen, or says that it cannot yet", async () => {
    const ask = (atLeast: string) =>
      fetch(new URL(`/v1/tickets?owner=${addressAt(0)}`, house.url), {
        headers: { "mirror-at-least": atLeast },
      });
    const seen = (await ask("1;block=0")).headers.get("mirror-freshness") ?? "";
    expect((await ask(seen)).status).to.equal(200);
    const early = await ask("1;block=999999999");
    expect([early.status, early.headers.get("retry-after")]).to.deep.equal([503, "2"]);
    expect(await early.json()).to.include({ code: "chain/mirror-behind", retry: "same" });
    expect((await ask("latest")).status).to.equal(400);
  });

  it("knows nothing of events, seats and orders that the chain has not", async () => {
    const none = { eventId: "evt_1_4711" };
    await expectProblem(api.call("listSales", { params: none }), "request/not-found");
    await expectProblem(api.call("getRoyalties", { params: none }), "request/not-found");
    const seat = { ...params, seat: "1" };
    await expectProblem(api.call("getSeatTicket", { params: seat }), "request/not-found");
    const orderId = `0x${"ef".repeat(32)}`;
    await expectProblem(api.call("getPaidOrder", { params: { orderId } }), "request/not-found");
  });

  it("uses an index for every question that is asked often", async () => {
    const questions: [text: string, index: string][] = [
      ["SELECT * FROM mirror.ticket WHERE owner = '0x'", "ticket_owner_deployment_ticket_id_idx"],
      ["SELECT * FROM mirror.ticket WHERE deployment = 1 AND ticket_id = 1", "ticket_pkey"],
      ["SELECT * FROM mirror.transfer WHERE tx_hash = '0x'", "transfer_tx_hash_idx"],
      [
        "SELECT * FROM mirror.transfer WHERE deployment = 1 AND ticket_id = 1",
        "transfer_deployment_ticket_id_idx",
      ],
      [
        "SELECT * FROM mirror.sale WHERE deployment = 1 AND event_id = 1",
        "sale_event_position_idx",
      ],
      ["SELECT * FROM mirror.order_paid WHERE order_id = '0x'", "order_paid_order_id_idx"],
    ];
    for (const [text, index] of questions) {
      const plan = await house.db.transaction(async (sql) => {
        // A table of a few rows is read whole by any sensible planner.
        await sql.query({ text: "SET LOCAL enable_seqscan = off" });
        return (await sql.query<Record<string, string>>({ text: `EXPLAIN ${text}` })).rows;
      });
      expect(JSON.stringify(plan), text).to.include(index);
    }
  });
});

type Buyer = Awaited<ReturnType<Play["fan"]>>;
