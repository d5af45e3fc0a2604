// Several keys that mint side by side, and events that take turns on each of them.
import { expect } from "chai";
import { keccak256, toHex } from "viem";
import { anvilAccount } from "#scripts/services/anvil-keys.ts";
import { type EventRef, formatEventId } from "#server/domain/ticket-id.ts";
import { createMinter } from "#server/mint/mint-event.ts";
import { settleLines } from "#server/mint/settle-lines.ts";
import { createEventTurns } from "#server/mint/take-turns.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { createLocalSigner, type Signer } from "#server/platform/tx/signer.ts";
import { rpc, waitForReceipt, write } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";
import { openLargeEvent, oweLines } from "../../support/owed-lines.ts";

const KEYS = [20, 21].map((at) => anvilAccount(at));
const [FIRST, SECOND] = KEYS.map(({ privateKey }) => createLocalSigner(privateKey)) as Signer[] as [
  ...[Signer, Signer],
];
const EVENTS = [77, 78, 81, 82, 83];
const BATCH = 100;
const LANE = 4 * BATCH;

describe("several keys that mint", function () {
  this.timeout(60_000);
  let house: House;
  /** The first seat of each event that nobody had yet. */
  const next = new Map<number, number>();
  before(async () => {
    house = await openHouse();
    const role = keccak256(toHex("MINTER_ROLE"));
    for (const { address } of KEYS) {
      await write(house.chain, "admin", { functionName: "grantRole", args: [role, address] });
    }
    for (const eventId of EVENTS) await openLargeEvent(house, eventId);
  });
  afterEach(async () => {
    await settle();
    for (const table of ["mint_line", "tx_bid", "chain_tx", "nonce_lane"]) {
      await house.db.query({ text: `DELETE FROM sale.${table}` });
    }
  });
  after(() => house.close());

  async function owe(eventId: number, count: number): Promise<void> {
    const from = next.get(eventId) ?? 0;
    next.set(eventId, from + count);
    await oweLines(house, { eventId, from, count });
  }

  const minterOf = (...signers: [Signer, ...Signer[]]) =>
    createMinter({ ...house, signers, metrics: createMetrics("test"), holder: "one" });

  async function sentBy() {
    const { rows } = await house.db.query<{ signer: string; txs: number; lines: number }>({
      text: `SELECT tx.signer, count(DISTINCT tx.id)::int AS txs, count(line.id)::int AS lines
             FROM sale.chain_tx tx JOIN sale.mint_line line ON line.tx_id = tx.id
             GROUP BY tx.signer ORDER BY tx.signer`,
    });
    return rows;
  }

  async function linesOf(eventId: number) {
    const { rows } = await house.db.query<{ state: string; count: number }>({
      text: `SELECT state, count(*)::int AS count FROM sale.mint_line WHERE event_id = $1
             GROUP BY state ORDER BY state`,
      values: [eventId],
    });
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  async function settle(): Promise<void> {
    const { rows } = await house.db.query<{ hash: `0x${string}` }>({
      text: "SELECT hash FROM sale.chain_tx WHERE state = 'sent'",
    });
    for (const { hash } of rows) await waitForReceipt(house.chain, hash);
    await house.mirror();
    await settleLines(house);
  }

  it("fill a lane each, never send the same line, and mint all of them", async () => {
    await owe(77, 2 * LANE + BATCH);
    const minter = minterOf(FIRST, SECOND);
    await minter.mintWaiting();
    const sent = await sentBy();
    expect(sent.map(({ signer }) => signer)).to.have.members([FIRST.address, SECOND.address]);
    for (const { txs, lines } of sent) expect([txs, lines]).to.deep.equal([LANE / BATCH, LANE]);
    expect(await linesOf(77)).to.deep.equal({ queued: BATCH, sent: 2 * LANE });
    await settle();
    await minter.mintWaiting();
    await settle();
    expect(await linesOf(77)).to.deep.equal({ minted: 2 * LANE + BATCH });
  });

  it("do not keep a small event waiting behind a large one", async () => {
    await owe(77, 2 * LANE);
    const minter = minterOf(FIRST);
    await minter.mintWaiting();
    await owe(78, 3);
    await settle();
    await minter.mintWaiting();
    expect(await linesOf(78), "in the first places that are free").to.deep.equal({ sent: 3 });
    expect(await linesOf(77)).to.deep.equal({ queued: BATCH, sent: 3 * BATCH, minted: LANE });
  });

  it("give each of more events than a lane has places the same", async () => {
    for (const eventId of EVENTS) await owe(eventId, 4 * BATCH);
    const minter = minterOf(FIRST);
    for (let round = 0; round < EVENTS.length; round += 1) {
      await minter.mintWaiting();
      await settle();
    }
    for (const eventId of EVENTS) expect(await linesOf(eventId)).to.deep.equal({ minted: LANE });
  });

  it("leave its lines to the others where one has no coin, or may not mint", async () => {
    const [poor, stranger] = [20, 22].map((at) => anvilAccount(at)) as [
      ...[ReturnType<typeof anvilAccount>, ReturnType<typeof anvilAccount>],
    ];
    await rpc(house.chain, "anvil_setBalance", [poor.address, "0x0"]);
    for (const bad of [poor, stranger]) {
      const before = bad === poor ? 0 : BATCH;
      await owe(77, BATCH);
      const minter = minterOf(createLocalSigner(bad.privateKey), SECOND);
      await minter.mintEvent({ deployment: house.event.deployment, eventId: 77 });
      await settle();
      expect(await linesOf(77)).to.deep.equal({ minted: before + BATCH });
    }
    await rpc(house.chain, "anvil_setBalance", [poor.address, `0x${(10n ** 21n).toString(16)}`]);
    expect((await sentBy()).map(({ signer }) => signer)).to.deep.equal([SECOND.address]);
  });

  it("reach an event behind a hundred others that cannot be minted", async () => {
    for (let at = 0; at < 105; at += 1) await owe(200 + at, 1);
    await owe(78, 3);
    await minterOf(FIRST).mintEvent({ deployment: house.event.deployment, eventId: 78 });
    expect(await linesOf(78)).to.deep.equal({ sent: 3 });
  });

  it("do not look again and again at a line that somebody else has locked", async () => {
    await owe(77, 2);
    await house.db.transaction(async (sql) => {
      await sql.query({ text: "SELECT id FROM sale.mint_line ORDER BY id LIMIT 1 FOR UPDATE" });
      await minterOf(FIRST).mintWaiting();
      expect(await linesOf(77)).to.deep.equal({ queued: 2 });
    });
    await minterOf(FIRST).mintWaiting();
    expect(await linesOf(77)).to.deep.equal({ sent: 2 });
  });

  it("go on with other events when one cannot be minted", async () => {
    await owe(79, 2);
    await owe(78, 3);
    await minterOf(FIRST, SECOND).mintWaiting();
    expect(await linesOf(78)).to.deep.equal({ sent: 3 });
    expect(await linesOf(79), "no event of the chain").to.deep.equal({ queued: 2 });
  });
});

describe("turns of events", () => {
  const [large, small, late] = [1, 2, 3].map((eventId) => ({ deployment: 1, eventId })) as [
    ...[EventRef, EventRef, EventRef],
  ];
  const drain = (turns: ReturnType<typeof createEventTurns>, waiting: EventRef[]) => {
    const order: string[] = [];
    for (let next = turns.next(waiting); next !== undefined; next = turns.next(waiting)) {
      order.push(formatEventId(next));
    }
    return order;
  };
  const ids = (...events: EventRef[]) => events.map(formatEventId);

  it("begin with the one that has waited longest, as they are named", () => {
    expect(drain(createEventTurns(), [large, small])).to.deep.equal(ids(large, small));
  });

  it("go to the other events first when a large one had the last place", () => {
    const turns = createEventTurns();
    turns.next([large]);
    expect(drain(turns, [large, small, late])).to.deep.equal(ids(small, late, large));
  });

  it("alternate while both have more to mint", () => {
    const turns = createEventTurns();
    const waiting = [large, small];
    const order = Array.from({ length: 6 }, () => {
      const next = turns.next(waiting) as EventRef;
      waiting.push(next);
      return formatEventId(next);
    });
    expect(order).to.deep.equal(ids(large, small, large, small, large, small));
  });
});
