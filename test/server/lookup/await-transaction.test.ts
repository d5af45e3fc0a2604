// Read your own write: a caller that waits is woken by the mirror, and is never left waiting.
import { expect } from "chai";
import { Client } from "pg";
import { formatTicketId } from "#server/domain/ticket-id.ts";
import {
  createTransactionWait,
  WAITERS_MAX,
  WAITERS_PER_NETWORK_MAX,
} from "#server/lookup/await-transaction.ts";
import { createMirrorHeads } from "#server/lookup/mirror-heads.ts";
import { createNodeBudget } from "#server/lookup/node-budget.ts";
import type { Chain, Chains } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { mineBlocks } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";
import { openPlay, type Play } from "../../support/market.ts";
import { expectProblem } from "../../support/refusals.ts";

const NEVER_MS = 600_000;
/** Longer than any machine needs for a block and its mirror; nobody is to wait for its end. */
const WAIT_MS = 30_000;
const LIMIT_MS = 15_000;
const POLL_MS = 20;
/** No replica that could lack anything. */
const NONE = { caughtUp: async () => true };
const NO_HASH = `0x${"cd".repeat(32)}`;

type Wish = Parameters<ReturnType<typeof createTransactionWait>>[0];

describe("waiting for a transaction", () => {
  let house: House;
  let play: Play;
  let buyer: Awaited<ReturnType<Play["fan"]>>;
  let stopping: AbortController;
  let seats = 0;
  before(async () => {
    house = await openHouse({ modules: true });
    play = await openPlay(house.chain);
    buyer = await play.fan();
    await house.mirror();
  });
  beforeEach(() => {
    stopping = new AbortController();
  });
  afterEach(() => stopping.abort());
  after(() => house.close());

  function open(options: { pollMs?: number; chains?: Chains } = {}) {
    const deps = { ...house, clock: systemClock, stopping: stopping.signal };
    const metrics = createMetrics("wait");
    const heads = createMirrorHeads({ ...deps, ...options });
    const nodeBudget = createNodeBudget(deps);
    const wait = createTransactionWait({
      ...deps,
      replicas: NONE,
      ...options,
      metrics,
      heads,
      nodeBudget,
    });
    const waiting = async () => (await metrics.transactionWaiters.get()).values[0]?.value ?? 0;
    return { wait, waiting };
  }

  const wish = (txHash: string, given: Partial<Wish> = {}): Wish => ({
    ...{ txHash, waitMs: WAIT_MS },
    ...{ network: () => "here", gone: () => new AbortController().signal },
    ...given,
  });

  async function until(fits: () => Promise<boolean>, what: string): Promise<void> {
    const endMs = systemClock.monotonicMs() + LIMIT_MS;
    while (!(await fits())) {
      if (systemClock.monotonicMs() > endMs) throw new Error(`never: ${what}`);
      await systemClock.sleep(POLL_MS);
    }
  }

  async function buy() {
    seats += 1;
    const { hash } = await play.buy(buyer, seats);
    return { hash, ticketIds: play.ids(seats).map((ticketId) => idOf(ticketId)) };
  }

  const idOf = (ticketId: bigint) => formatTicketId({ deployment: 1, ticketId });

  /** The chain, and how often its node was asked. */
  function counted(): { chains: Chains; asked: () => number } {
    let asked = 0;
    const request = (given: unknown) => {
      asked += 1;
      return house.chain.client.request(given as never);
    };
    const chain = { ...house.chain, client: { request } } as unknown as Chain;
    return { chains: new Map([[house.chain.deployment.id, chain]]), asked: () => asked };
  }

  it("ends by the mirror's own word, and asks a node once", async () => {
    const { chains, asked } = counted();
    const { wait } = open({ pollMs: NEVER_MS, chains });
    const { hash, ticketIds } = await buy();
    const startMs = systemClock.monotonicMs();
    const late = wait(wish(hash));
    await mineBlocks(house.chain, 1);
    await house.mirror();
    const { answer } = await late;
    expect(answer.state).to.equal("mirrored");
    expect(answer.tickets.map(({ id }) => id)).to.deep.equal(ticketIds);
    expect(systemClock.monotonicMs() - startMs).to.be.lessThan(WAIT_MS);
    expect(asked()).to.be.at.most(1);
    const again = await wait(wish(hash));
    expect(again.answer).to.deep.equal(answer);
    expect(asked(), "the mirror knows what it moved").to.be.at.most(1);
  });

  it("asks a node seldom for what is in no block", async () => {
    const { chains, asked } = counted();
    const { wait, waiting } = open({ chains });
    const unknown = wait(wish(NO_HASH, { waitMs: 1_500 }));
    for (let block = 0; block < 10; block += 1) {
      await mineBlocks(house.chain, 1);
      await house.mirror();
    }
    expect((await unknown).answer).to.include({ state: "unknown", blockNumber: null });
    // First, last, and twice a second at most in between.
    expect(asked()).to.be.within(2, 5);
    expect(await waiting()).to.equal(0);
  });

  it("goes on without a connection that hears the mirror", async () => {
    const { wait, waiting } = open();
    const { hash } = await buy();
    const late = wait(wish(hash));
    await until(async () => (await waiting()) === 1 && (await deafen()) > 0, "an ear to cut");
    await house.mirror();
    expect((await late).answer.state).to.equal("mirrored");
    expect(await waiting()).to.equal(0);
  });

  /** Cuts every connection that listens; answers how many there were. */
  async function deafen(): Promise<number> {
    const owner = new Client({ connectionString: house.databaseUrl });
    await owner.connect();
    try {
      const { rowCount } = await owner.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query = 'LISTEN mirror'`,
      );
      return rowCount ?? 0;
    } finally {
      await owner.end();
    }
  }

  it("ends when the caller hangs up, and when the process stops", async () => {
    const { wait, waiting } = open({ pollMs: NEVER_MS });
    const gone = new AbortController();
    const left = wait(wish(NO_HASH, { gone: () => gone.signal }));
    const stopped = wait(wish(NO_HASH));
    await until(async () => (await waiting()) === 2, "two who wait");
    gone.abort();
    expect((await left).answer.state).to.equal("unknown");
    expect(await waiting()).to.equal(1);
    stopping.abort();
    expect((await stopped).answer.state).to.equal("unknown");
    const late = await wait(wish(NO_HASH));
    expect(late.answer.state, "nobody waits any more").to.equal("unknown");
  });

  it("is for so many in a process", async () => {
    const { wait, waiting } = open({ chains: new Map() });
    const all = Array.from({ length: WAITERS_MAX }, (_, at) =>
      wait(wish(NO_HASH, { network: () => `network ${at}` })),
    );
    await until(async () => (await waiting()) === WAITERS_MAX, "all who wait");
    const more = await wait(wish(NO_HASH, { network: () => "one more" })).catch((error) => error);
    expect(more).to.include({ code: "server/unavailable" });
    stopping.abort();
    await Promise.all(all);
    expect(await waiting()).to.equal(0);
  });

  it("is for so many of a network address, until one of them leaves", async () => {
    const { wait, waiting } = open({ chains: new Map() });
    const callers = Array.from({ length: WAITERS_PER_NETWORK_MAX }, () => new AbortController());
    const from = ({ signal }: AbortController) =>
      wait(wish(NO_HASH, { waitMs: NEVER_MS, gone: () => signal }));
    const all = callers.map(from);
    await until(async () => (await waiting()) === WAITERS_PER_NETWORK_MAX, "all who wait");
    const more = await wait(wish(NO_HASH)).catch((error) => error);
    expect(more).to.include({ code: "request/rate-limited" });
    expect(more.data).to.include({ retryAfter: 2 });
    callers[0]?.abort();
    await all[0];
    const next = from(new AbortController());
    expect(await waiting()).to.equal(WAITERS_PER_NETWORK_MAX);
    stopping.abort();
    await Promise.all([...all, next]);
    expect(await waiting()).to.equal(0);
  });

  it("ends with the connection of its caller", async () => {
    const caller = new AbortController();
    const address = new URL(`/v1/transactions/${NO_HASH}?wait=10`, house.url);
    const startMs = systemClock.monotonicMs();
    const call = fetch(address, { signal: caller.signal }).catch(() => undefined);
    await until(async () => (await shown()) === 1, "one who waits");
    caller.abort();
    await call;
    await until(async () => (await shown()) === 0, "nobody waits");
    expect(systemClock.monotonicMs() - startMs, "before its time").to.be.below(10_000);
  });

  async function shown(): Promise<number> {
    const text = await (await fetch(new URL("/metrics", house.url))).text();
    return Number(/^stagedoor_transaction_waiters\{[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0);
  }

  it("says in the header that the block is there", async () => {
    const { hash } = await buy();
    const address = new URL(`/v1/transactions/${hash}?wait=10`, house.url);
    const late = fetch(address);
    await house.mirror();
    const answer = await late;
    const { state, blockNumber } = (await answer.json()) as Record<string, unknown>;
    expect(state).to.equal("mirrored");
    const block = /^1;block=(\d+);/.exec(answer.headers.get("mirror-freshness") ?? "")?.[1];
    expect(Number(block)).to.be.at.least(blockNumber as number);
    const early = fetch(new URL(`/v1/transactions/${NO_HASH}`, house.url));
    expect(await (await early).json()).to.include({ state: "unknown" });
    const wrong = house
      .fan()
      .then((fan) => fan.call("getTransaction", { params: { txHash: hash }, query: { wait: 11 } }));
    await expectProblem(wrong, "request/invalid");
  });
});
