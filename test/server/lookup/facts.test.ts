// The feed of facts: in order and once, what a reorg took back, from any process, and nobody for ever.
import { expect } from "chai";
import { FactEvent, FactHeadEvent, FactUndoneEvent } from "#server/api/facts.ts";
import { LISTENERS_PER_NETWORK_MAX } from "#server/lookup/facts/fact-room.ts";
import { readStretch } from "#server/lookup/facts/read-stretch.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import { BEAT_MS } from "#server/platform/event-frames.ts";
import { mineBlocks, reorgAfter } from "../../support/chain.ts";
import { explain } from "../../support/explain.ts";
import {
  type FactData,
  type FactProcess,
  openFactProcess,
  replayFacts,
  type SaidFact,
} from "../../support/fact-process.ts";
import { type House, openHouse } from "../../support/house.ts";
import { type EventListener, listenTo } from "../../support/listen.ts";
import { FACE_WEI, gate, MARKET_EVENT, openPlay, type Play } from "../../support/market.ts";

const FINALITY = 40;
const SUITE_LIMIT_MS = 60_000;
const LIMIT_MS = 10_000;
const POLL_MS = 10;
const EVENT = `evt_1_${MARKET_EVENT}`;
/** Several pages, which end within a block. */
const MANY_IN_A_BLOCK = 300;
const MANY = 6 * MANY_IN_A_BLOCK;
const NO_HASH = `0x${"cd".repeat(32)}`;

/** By which nobody needs long to be called slow. */
const HURRIED: Clock = { ...systemClock, monotonicMs: () => 50 * systemClock.monotonicMs() };

type Buyer = Awaited<ReturnType<Play["fan"]>>;
describe("facts", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  let play: Play;
  let ann: Buyer;
  let ben: Buyer;
  let seats = 0;
  const open: EventListener<FactData>[] = [];
  const processes: FactProcess[] = [];
  before(async () => {
    house = await openHouse({ modules: true, finality: FINALITY });
    play = await openPlay(house.chain);
    [ann, ben] = await Promise.all([play.fan(), play.fan()]);
    await house.mirror();
  });
  afterEach(() => {
    for (const listener of open.splice(0)) listener.close();
    for (const each of processes.splice(0)) each.stop();
  });
  after(() => house.close());

  async function follow(query: Record<string, string> = {}, lastEventId?: string) {
    const address = new URL("/v1/facts", house.url);
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const listener = await listenTo<FactData>(address, headers);
    open.push(listener);
    return listener;
  }

  const isLive = ({ event }: SaidFact) => event === "head";
  const sells =
    (id: bigint) =>
    ({ data }: SaidFact) =>
      data.kind === "sale" && data.ticketId === `tkt_1_${id}`;
  const factsOf = ({ events }: { events: SaidFact[] }) =>
    events.filter(({ event }) => event === "fact").map(({ id, data }) => ({ ...data, id }));
  const kindsOf = (listener: { events: SaidFact[] }) => factsOf(listener).map(({ kind }) => kind);

  async function until(fits: () => boolean, what: string): Promise<void> {
    const endMs = systemClock.monotonicMs() + LIMIT_MS;
    while (!fits()) {
      if (systemClock.monotonicMs() > endMs) throw new Error(`never: ${what}`);
      await systemClock.sleep(POLL_MS);
    }
  }

  const nextSeat = () => {
    seats += 1;
    return seats;
  };

  /** A ticket is bought and sold on: ten facts or so. */
  async function trade(): Promise<bigint> {
    const seat = nextSeat();
    await play.buy(ann, seat);
    const [id] = play.ids(seat) as [bigint];
    await play.sell({ from: ann, to: ben, id, price: FACE_WEI });
    return id;
  }

  /** Another process, which ends with its test. */
  function another(options: { clock?: Clock } = {}): FactProcess {
    const made = openFactProcess({ ...house, ...options });
    processes.push(made);
    return made;
  }

  it("come as they are mirrored, in the order of the chain, and then become final", async () => {
    const listener = await follow();
    await listener.wait(isLive);
    const id = await trade();
    await play.send(gate, "tickets", "checkInMany", [[id]]);
    await house.mirror();
    await listener.wait(({ data }) => data.kind === "check-in");
    const facts = factsOf(listener);
    expect(facts.map(({ kind }) => kind).filter((kind) => kind !== "payout")).to.have.members([
      ...["order-paid", "deposit", "mint", "move", "sale", "check-in"],
    ]);
    const places = facts.map(({ blockNumber = 0, logIndex = 0 }) => blockNumber * 1e4 + logIndex);
    expect(places).to.deep.equal([...places].sort((one, other) => one - other));
    expect(new Set(facts.map((fact) => fact.id)).size).to.equal(facts.length);
    for (const { id: _id, ...fact } of facts) FactEvent.parse(fact);
    expect(new Set(facts.map(({ state }) => state))).to.deep.equal(new Set(["confirmed"]));
    const sale = facts.find(({ kind }) => kind === "sale");
    expect(sale).to.include({ eventId: EVENT, amount: FACE_WEI.toString() });
    expect([sale?.from, sale?.to]).to.deep.equal(addresses(ann, ben));
    expect(facts.at(-1)?.from, "who held it").to.equal(ben.address.toLowerCase());
    await mineBlocks(house.chain, FINALITY);
    await house.mirror();
    const last = facts.at(-1)?.blockNumber ?? 0;
    const final = await listener.wait(
      ({ event, data }) => event === "final" && (data.finalNumber ?? 0) >= last,
    );
    FactHeadEvent.parse(final.data);
    const again = await follow({ after: "start" });
    await again.wait(isLive);
    expect(factsOf(again).find((fact) => fact.id === facts[0]?.id)?.state).to.equal("final");
  });

  const addresses = (...fans: Buyer[]) => fans.map(({ address }) => address.toLowerCase());

  it("are those of an event, a wallet or some kinds, where that is asked for", async () => {
    await trade();
    await house.mirror();
    const after = "start";
    const [all, ofEvent, ofBen, sales] = await Promise.all([
      follow({ after }),
      follow({ after, eventId: EVENT }),
      follow({ after, owner: ben.address }),
      follow({ after, kind: "sale,check-in", deployment: "1" }),
    ]);
    await Promise.all([all, ofEvent, ofBen, sales].map((each) => each.wait(isLive)));
    const whole = factsOf(all);
    expect(whole).not.to.be.empty;
    expect(factsOf(ofEvent)).to.deep.equal(whole.filter(({ eventId }) => eventId === EVENT));
    const [mine] = addresses(ben);
    expect(factsOf(ofBen)).to.deep.equal(
      whole.filter(({ from, to }) => from === mine || to === mine),
    );
    expect(new Set(kindsOf(sales))).to.deep.equal(new Set(["sale", "check-in"]));
  });

  it("refuse what names no deployment, kind or position", async () => {
    const wrong = [
      { kind: "rumour" },
      { deployment: "1", eventId: "evt_2_1" },
      { after: "yesterday" },
      { after: `2.1.${NO_HASH}` },
    ];
    for (const query of wrong as Record<string, string>[]) {
      const refused = await follow(query).catch(({ message }: Error) => message);
      expect(refused, JSON.stringify(query)).to.equal("listening answered 400");
    }
    const none = await follow({ deployment: "7" }).catch(({ message }: Error) => message);
    expect(none).to.equal("listening answered 404");
  });

  it("go on from the last one in another process: nothing twice, nothing left out", async () => {
    const first = another().listen("start");
    const id = await trade();
    await house.mirror();
    await until(() => first.events.some(isLive) && first.events.some(sells(id)), "its sale");
    const whole = factsOf(first);
    for (const at of [0, Math.floor(whole.length / 2), whole.length - 1]) {
      const second = another().listen(whole[at]?.id);
      await until(() => second.events.some(isLive), "the rest");
      expect(factsOf(second)).to.deep.equal(whole.slice(at + 1));
    }
    // From a head instead of a fact, and over what happens meanwhile.
    const live = another().listen();
    await until(() => live.events.some(isLive), "the head");
    await trade();
    await house.mirror();
    await until(() => kindsOf(live).includes("sale"), "what came then");
    const later = another().listen(live.events.find(isLive)?.id);
    await until(() => later.events.some(isLive), "what was missed");
    expect(factsOf(later)).to.deep.equal(factsOf(live));
  });

  it("say what a reorg took back, to those who listen and to those who come back", async () => {
    const live = await follow();
    await live.wait(isLive);
    const before = await house.chain.client.getBlockNumber({ cacheTime: 0 });
    await trade();
    await house.mirror();
    await live.wait(({ data }) => data.kind === "sale");
    const gone = factsOf(live);
    const ancestor = await reorgAfter(house.chain, before);
    await mineBlocks(house.chain, 2);
    await house.mirror();
    const undone = await live.wait(({ event }) => event === "undone");
    FactUndoneEvent.parse(undone.data);
    expect(undone.data.afterBlock).to.equal(Number(ancestor));
    const away = another().listen(gone.at(-1)?.id);
    await until(() => away.events.some(isLive), "its way back");
    expect(away.events[0]).to.deep.include({ event: "undone", data: undone.data });
    expect(away.events[0]?.id).to.equal(undone.id);
    // What the chain took back is told no more, and what came instead is, in both.
    const id = await trade();
    await house.mirror();
    await live.wait(sells(id));
    await until(() => away.events.some(sells(id)), "the new sale");
    const kept = another().listen("start");
    await until(() => kept.events.some(isLive), "all there is");
    const known = replayFacts(live.events);
    expect(factsOf(kept).map((fact) => fact.id)).to.include.members(known);
    expect(known).not.to.include.members(gone.map((fact) => fact.id));
    expect(replayFacts(away.events)).to.deep.equal(known);
  });

  it("say that nobody knows what was missed from a block that never was", async () => {
    const block = await house.chain.client.getBlockNumber({ cacheTime: 0 });
    const lost = another().listen(`1.${block}.${NO_HASH}`);
    await until(() => lost.events.some(isLive), "the head");
    expect(lost.events.map(({ event }) => event)).to.deep.equal(["reset", "head"]);
    expect(lost.events[0]?.id).to.equal(lost.events[1]?.id);
  });

  it("are not kept for who does not read them", async () => {
    const { listen, metrics } = another({ clock: HURRIED });
    let reads = true;
    const slow = listen(undefined, () => reads);
    const quick = listen();
    await until(() => [slow, quick].every(({ events }) => events.some(isLive)), "both");
    reads = false;
    await trade();
    await house.mirror();
    await until(() => kindsOf(quick).includes("sale"), "a sale");
    await until(() => slow.isEnded(), "its end");
    expect(slow.events.at(-1)).to.deep.include({ event: "dropped", data: { reason: "slow" } });
    const { values } = await metrics.factListenersDropped.get();
    expect(values[0]?.value).to.equal(1);
    expect((await metrics.factListeners.get()).values[0]?.value).to.equal(1);
    const back = listen(slow.events.at(-2)?.id);
    await until(() => kindsOf(back).includes("sale"), "what it had missed");
    expect(factsOf(back)).to.deep.equal(factsOf(quick));
  });

  it("are all told to who reads again in time", async () => {
    const { listen, metrics } = another();
    let reads = true;
    const slow = listen(undefined, () => reads);
    const quick = listen();
    await until(() => [slow, quick].every(({ events }) => events.some(isLive)), "both");
    reads = false;
    const id = await trade();
    await house.mirror();
    await until(() => quick.events.some(sells(id)), "a sale");
    expect(kindsOf(slow)).to.deep.equal([]);
    reads = true;
    await until(() => slow.events.some(sells(id)), "its facts");
    expect(factsOf(slow)).to.deep.equal(factsOf(quick));
    expect((await metrics.factListenersDropped.get()).values[0]?.value ?? 0).to.equal(0);
  });

  it("go on for the next one, when the only one was let go", async () => {
    const { listen } = another({ clock: HURRIED });
    let reads = true;
    const only = listen(undefined, () => reads);
    await until(() => only.events.some(isLive), "the head");
    reads = false;
    await trade();
    await house.mirror();
    await until(() => only.isEnded(), "its end");
    const next = listen(only.events[0]?.id);
    await until(() => kindsOf(next).includes("sale"), "what it had missed");
    const other = listen(next.events.at(-1)?.id);
    await until(() => other.events.some(isLive), "the head, which was known already");
  });

  it("are for so many of a network address", async () => {
    for (let count = 0; count < LISTENERS_PER_NETWORK_MAX; count += 1) await follow();
    const refused = await follow().catch(({ message }: Error) => message);
    expect(refused).to.equal("listening answered 429");
    open.pop()?.close();
    let next: unknown;
    const endMs = systemClock.monotonicMs() + LIMIT_MS;
    while (!(next instanceof Object) && systemClock.monotonicMs() < endMs) {
      next = await follow().catch(() => undefined);
    }
    expect(next).to.be.an("object");
  });

  it("beat while nothing happens, and end with a word when the process stops", async () => {
    const sleep: Clock["sleep"] = (ms, signal) =>
      systemClock.sleep(ms === BEAT_MS ? POLL_MS : ms, signal);
    const { listen, stop } = another({ clock: { ...systemClock, sleep } });
    const listener = listen();
    await until(() => listener.rest.includes(": beat"), "a beat");
    stop();
    expect(listener.isEnded()).to.equal(true);
    expect(listener.rest.at(-1)).to.match(/^retry: \d+$/);
    expect(() => listen()).to.throw("Too many listen here");
  });

  it("are read page by page, and who comes meanwhile misses nothing", async () => {
    const { listen } = another();
    const live = listen();
    await until(() => live.events.some(isLive), "the head");
    const head = await pretend(MANY);
    const first = listen(live.events[0]?.id);
    const isLast = ({ data }: SaidFact) =>
      data.blockNumber === head && data.logIndex === MANY_IN_A_BLOCK - 1;
    await until(() => [live, first].every(({ events }) => events.some(isLast)), "all of them");
    const whole = factsOf(live);
    expect(whole).to.have.lengthOf(MANY);
    expect(new Set(whole.map(({ id }) => id)).size).to.equal(MANY);
    await until(() => first.events.some(isLive), "the others");
    expect(factsOf(first)).to.deep.equal(whole);
    const middle = whole[Math.floor(MANY / 2) + 7]?.id;
    const second = listen(middle);
    await until(() => second.events.some(isLive), "the rest");
    expect(factsOf(second)).to.deep.equal(whole.slice(Math.floor(MANY / 2) + 8));
  });

  /** Blocks that no chain has, full of moves; the suite's last ones. Answers the newest. */
  async function pretend(count: number): Promise<number> {
    const { rows } = await house.indexerDb.query<{ number: bigint }>({
      text: "SELECT block_number AS number FROM cursor WHERE deployment = 1",
    });
    const from = (rows[0]?.number ?? 0n) + 1n;
    const to = from + BigInt(count / MANY_IN_A_BLOCK) - 1n;
    const hash = "'0x' || lpad(to_hex(block), 64, '0')";
    await house.indexerDb.transaction(async (sql) => {
      await sql.query({
        text: `INSERT INTO transfer SELECT 1, $3, 1, $4, $4, now(), block, ${hash}, log
               FROM generate_series($1::bigint, $2::bigint) AS block,
                    generate_series(0, ${MANY_IN_A_BLOCK - 1}) AS log`,
        values: [from, to, NO_HASH, `0x${"0e".repeat(20)}`],
      });
      await sql.query({
        text: `INSERT INTO block SELECT 1, block, ${hash}, ${hash}, now()
               FROM generate_series($1::bigint, $2::bigint) AS block`,
        values: [from, to],
      });
      await sql.query({
        text: `UPDATE cursor SET block_number = block, block_hash = ${hash}
               FROM (SELECT $1::bigint AS block) AS newest WHERE deployment = 1`,
        values: [to],
      });
      await sql.query({ text: "SELECT pg_notify('mirror', '1')" });
    });
    return Number(to);
  }

  it("are read by the keys of the histories, and no table whole", async () => {
    const after = { deployment: 1, number: 3n, hash: NO_HASH };
    const plans = await explain(house.db, (sql) =>
      readStretch(sql, { after, until: { number: 1_000_000n, hash: NO_HASH }, limit: 500 }),
    );
    const { indexes = [], scanned = [] } = plans.get("facts-after") ?? {};
    const histories = ["transfer", "sale", "check_in", "ticket_void"]
      .concat("order_paid", "escrow_entry", "royalty", "payout")
      .map((name) => `${name}_pkey`);
    expect(indexes).to.include.members(histories);
    expect(scanned).to.deep.equal([]);
  });
});
