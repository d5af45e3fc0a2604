// What people look up of one event: its tickets, check-ins, escrow and classes; and the tickets of an order.
import { expect } from "chai";
import { createClient } from "#scripts/demo-client.ts";
import { formatTicketId, packSeat, packTicketId } from "#server/domain/ticket-id.ts";
import { listCheckIns } from "#server/lookup/list-check-ins.ts";
import { listEventTickets } from "#server/lookup/list-event-tickets.ts";
import { readClasses } from "#server/lookup/read-classes.ts";
import { readEscrow } from "#server/lookup/read-escrow.ts";
import { buy, mint, stalls } from "../../support/buy.ts";
import { explain } from "../../support/explain.ts";
import { type House, openHouse } from "../../support/house.ts";
import {
  FACE_WEI,
  gate,
  MARKET_EVENT,
  openPlay,
  organiser,
  type Play,
  refunder,
} from "../../support/market.ts";
import { expectProblem } from "../../support/refusals.ts";

const EVENT = { deployment: 1, eventId: MARKET_EVENT };
const params = { eventId: `evt_1_${MARKET_EVENT}` };
/** An event of the mirror alone, larger than what one page looks at. */
const LARGE = { deployment: 1, eventId: 4_000 };
const LARGE_ROWS = 30;
const LARGE_SEATS = 200;
const A_HASH = `0x${"5a".repeat(32)}`;
const AN_OWNER = `0x${"0b".repeat(20)}`;

type Buyer = Awaited<ReturnType<Play["fan"]>>;
type TicketQuery = Parameters<typeof listEventTickets>[2];

describe("lookups of an event", () => {
  let house: House;
  let play: Play;
  let api: ReturnType<typeof createClient>;
  let ann: Buyer;
  let ben: Buyer;
  before(async () => {
    house = await openHouse({ modules: true });
    play = await openPlay(house.chain);
    api = createClient(house.url, `0x${"1".repeat(64)}`);
    [ann, ben] = await Promise.all([play.fan(), play.fan()]);
    await play.buy(ann, 1, 2, 3);
    await play.buy(ben, 4);
    await play.send(gate, "tickets", "checkInMany", [play.ids(3, 2)]);
    const [fourth] = play.ids(4) as [bigint];
    await play.send(refunder, "tickets", "void", [[fourth]]);
    await play.send(organiser, "boxOffice", "refund", [[fourth]]);
    await house.mirror();
    await makeLarge();
  });
  after(() => house.close());

  const idOf = (ticketId: bigint) => formatTicketId({ deployment: 1, ticketId });

  /** Every tenth is void, every fourth of a fan's own; the first of a presale. */
  async function makeLarge(): Promise<void> {
    const { deployment, eventId } = LARGE;
    const place = [deployment, eventId, A_HASH];
    await house.indexerDb.query({
      text: `INSERT INTO event SELECT deployment, $2, organiser, plan_hash, created_at, doors_at,
               freeze_at, refund_until, policy, max_gifts, resale_cap_bps, royalty_bps,
               royalty_receiver, fee_cap_bps, lock_minutes, cooldown_minutes, currency, box_office,
               cancelled, paused_actions, paused_until, artwork, block_number, block_hash, log_index
             FROM event WHERE deployment = $1 AND event_id = $3`,
      values: [deployment, eventId, MARKET_EVENT],
    });
    await house.indexerDb.query({
      text: `INSERT INTO ticket (deployment, ticket_id, event_id, owner, class, face, nonce, gifts,
               used, void, funded, card, resold, refunded, mint_tx, mint_block, minted_at,
               block_number, block_hash, log_index)
             SELECT $1, ($2::bigint << 40) + (1::bigint << 24) + (row << 12) + seat, $2,
               CASE WHEN seat % 4 = 0 THEN $4 ELSE '0x' || repeat('0c', 20) END,
               CASE WHEN row = 1 AND seat = 1 THEN 1 ELSE 0 END, 5000, 0, 0, false,
               (row - 1) * ${LARGE_SEATS} + seat = 5500, false, true, false, false, $3, 1, now(),
               1, $3, (row << 12) + seat
             FROM generate_series(1, ${LARGE_ROWS}::bigint) AS row,
                  generate_series(1, ${LARGE_SEATS}::bigint) AS seat`,
      values: [...place, AN_OWNER],
    });
    for (const table of ["ticket", "event"]) await analyze(table);
  }

  async function analyze(table: string): Promise<void> {
    await house.indexerDb.query({ text: `ANALYZE mirror.${table}` }).catch(() => undefined);
  }

  async function idsOf(query: Record<string, string | number>): Promise<string[]> {
    const found = await api.call("listEventTickets", { params, query } as never);
    return found.tickets.map(({ id }) => id);
  }

  it("list its tickets, and those of a wallet, a state, a class or a row", async () => {
    const all = play.ids(1, 2, 3, 4).map(idOf);
    const [first, second, third, fourth] = all as [string, string, string, string];
    expect(await idsOf({})).to.deep.equal(all);
    expect(await idsOf({ owner: ann.address })).to.deep.equal([first, second, third]);
    expect(await idsOf({ state: "used" })).to.deep.equal([second, third]);
    expect(await idsOf({ state: "void" })).to.deep.equal([fourth]);
    expect(await idsOf({ state: "valid", owner: ann.address })).to.deep.equal([first]);
    expect(await idsOf({ class: "public" })).to.deep.equal(all);
    expect(await idsOf({ class: "comp" })).to.deep.equal([]);
    expect(await idsOf({ section: 1, row: 1 })).to.deep.equal(all);
    expect(await idsOf({ section: 1, row: 2 })).to.deep.equal([]);
    expect(await idsOf({ section: 2 })).to.deep.equal([]);
  });

  it("list them page by page, whatever is left out in between", async () => {
    const list = (query: Partial<TicketQuery>) =>
      listEventTickets(house.db, LARGE, { limit: 200, after: undefined, ...query });
    const seen = await walk(list);
    expect(seen).to.have.lengthOf(LARGE_ROWS * LARGE_SEATS);
    expect(new Set(seen).size).to.equal(seen.length);
    const own = await walk((query) => list({ ...query, owner: AN_OWNER }));
    expect(own).to.have.lengthOf((LARGE_ROWS * LARGE_SEATS) / 4);
    // One of six thousand, behind what the first page looks at.
    const first = await list({ state: "void" });
    expect(first.tickets).to.deep.equal([]);
    expect(first.next).not.to.equal(null);
    expect(await walk((query) => list({ ...query, state: "void" }))).to.have.lengthOf(1);
    const row = await list({ section: 1, row: 2 });
    const seat = packSeat({ section: 1, row: 2, seat: 1 });
    const { eventId } = LARGE;
    expect(row.tickets).to.have.lengthOf(LARGE_SEATS);
    expect(row.tickets[0]?.id).to.equal(idOf(packTicketId({ eventId, issue: 0, seat })));
  });

  async function walk(
    list: (query: Partial<TicketQuery>) => ReturnType<typeof listEventTickets>,
  ): Promise<string[]> {
    const seen: string[] = [];
    for (let after: bigint | undefined; ; ) {
      const { tickets, next } = await list({ after });
      seen.push(...tickets.map(({ id }) => id));
      if (next === null) return seen;
      const [, id = ""] = JSON.parse(Buffer.from(next, "base64url").toString()) as string[];
      after = BigInt(id.split("_")[2] ?? 0);
    }
  }

  it("list its check-ins by seat, page by page", async () => {
    const whole = await api.call("listCheckIns", { params });
    expect(whole.checkIns.map(({ ticketId }) => ticketId)).to.deep.equal(play.ids(2, 3).map(idOf));
    const page = await api.call("listCheckIns", { params, query: { limit: 1 } });
    const cursor = page.next as string;
    const next = await api.call("listCheckIns", { params, query: { limit: 1, cursor } });
    expect([...page.checkIns, ...next.checkIns]).to.deep.equal(whole.checkIns);
    expect(next.next).to.equal(null);
  });

  it("tell what lies in escrow and each entry of it, newest first", async () => {
    const whole = await api.call("getEscrow", { params });
    expect(whole).to.include({
      ...{ deposited: (4n * FACE_WEI).toString(), refunded: FACE_WEI.toString() },
      ...{ held: (3n * FACE_WEI).toString(), funds: "0", released: "0" },
    });
    const kinds = whole.entries.map(({ kind, amount }) => [kind, amount]);
    expect(kinds).to.deep.equal([
      ["refunded", FACE_WEI.toString()],
      ["deposited", FACE_WEI.toString()],
      ["deposited", (3n * FACE_WEI).toString()],
    ]);
    const [refund] = whole.entries;
    expect(refund?.account).to.equal(ben.address.toLowerCase());
    expect(refund?.ticketId).to.equal(play.ids(4).map(idOf)[0]);
    const query = { kind: "deposited", limit: 1 } as const;
    const page = await api.call("getEscrow", { params, query });
    const cursor = page.next as string;
    const next = await api.call("getEscrow", { params, query: { ...query, cursor } });
    expect([...page.entries, ...next.entries]).to.deep.equal(whole.entries.slice(1));
    expect(next.next).to.equal(null);
  });

  it("tell its classes: their caps, and what was minted of them", async () => {
    const { classes } = await api.call("getClasses", { params });
    expect(classes.map(({ class: name, cap, minted }) => [name, cap, minted])).to.deep.equal([
      ["public", 100, 4],
      ["presale", 50, 0],
      ["artist", 0, 0],
      ["sponsor", 0, 0],
      ["comp", 10, 0],
    ]);
  });

  it("show an order's tickets to its buyer, once the mirror has them", async () => {
    const [fan, other] = await Promise.all([house.fan(), house.fan()]);
    const { id: orderId, lines } = await buy(house, fan, stalls(1, 1, 2));
    const ask = { params: { orderId } };
    const early = await fan.call("getOrderTickets", ask);
    expect(early.tickets.map(({ ticketId, ticket }) => [ticketId, ticket])).to.deep.equal(
      lines.map(({ ticketId }) => [ticketId, null]),
    );
    await mint(house, fan, orderId);
    const { tickets } = await fan.call("getOrderTickets", ask);
    for (const { ticketId, seat, ticket } of tickets) {
      const owner = fan.account.address.toLowerCase();
      expect(ticket).to.include({ id: ticketId, seat, owner, state: "valid" });
    }
    await expectProblem(other.call("getOrderTickets", ask), "request/not-found");
  });

  it("refuse a row without a section, and a cursor of another list", async () => {
    const row = api.call("listEventTickets", { params, query: { row: 1 } });
    await expectProblem(row, "request/invalid");
    const { next: cursor } = await api.call("listCheckIns", { params, query: { limit: 1 } });
    const query = { cursor: cursor as string };
    await expectProblem(api.call("getEscrow", { params, query }), "request/invalid");
  });

  it("know nothing of an event that the chain has not", async () => {
    const none = { params: { eventId: "evt_1_4711" } };
    await expectProblem(api.call("listEventTickets", none), "request/not-found");
    await expectProblem(api.call("listCheckIns", none), "request/not-found");
    await expectProblem(api.call("getEscrow", none), "request/not-found");
    await expectProblem(api.call("getClasses", none), "request/not-found");
  });

  it("say in a header how new the mirror is", async () => {
    for (const path of ["tickets", "check-ins", "escrow", "classes"]) {
      const response = await fetch(new URL(`/v1/events/${params.eventId}/${path}`, house.url));
      expect(response.headers.get("mirror-freshness"), path).to.match(/^1;block=\d+;lag-blocks=/);
    }
  });

  it("use an index for each question, and read no table whole", async () => {
    const page = { limit: 50, after: undefined };
    const asked: [index: string, ask: Parameters<typeof explain>[1]][] = [
      ["ticket_pkey", (sql) => listEventTickets(sql, LARGE, page)],
      ["ticket_pkey", (sql) => listEventTickets(sql, LARGE, { ...page, section: 1, row: 2 })],
      [
        "ticket_owner_deployment_ticket_id_idx",
        (sql) => listEventTickets(sql, LARGE, { ...page, owner: AN_OWNER }),
      ],
      ["check_in_deployment_ticket_id_idx", (sql) => listCheckIns(sql, EVENT, page)],
      [
        "escrow_entry_event_kind_idx",
        (sql) => readEscrow(sql, EVENT, { ...page, before: undefined }),
      ],
      ["class_stock_pkey", (sql) => readClasses(sql, EVENT)],
    ];
    for (const [index, ask] of asked) {
      const plans = [...(await explain(house.db, ask)).values()];
      expect(plans.flatMap(({ indexes }) => indexes)).to.include(index);
      expect(plans.flatMap(({ scanned }) => scanned)).to.deep.equal([]);
    }
  });
});
