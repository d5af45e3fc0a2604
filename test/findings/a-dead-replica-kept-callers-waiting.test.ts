// Found: beside a dead replica a mirrored transaction was two seconds away for everybody, and no limit counted them.
import { expect } from "chai";
import { createTransactionWait } from "#server/lookup/await-transaction.ts";
import { createReplicas } from "#server/lookup/replicas.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Sql, Statement } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { until } from "../support/redis-server.ts";

/** Who waits for it is not heard of before the suite is given up. */
const LONG_MS = 3_600_000;
const SHORT_MS = 400;
const HASH = `0x${"ab".repeat(32)}`;
const BLOCK_HASH = `0x${"cd".repeat(32)}`;

describe("a question for a mirrored transaction, beside a dead replica", () => {
  let stopping: AbortController;
  /** Whether the block that the primary showed before is one that it shows now. */
  let isSameChain: boolean;
  beforeEach(() => {
    stopping = new AbortController();
    isSameChain = true;
  });
  afterEach(() => stopping.abort());

  /** The primary, with one transaction in its block 7. */
  function answer({ name }: Statement): unknown[] {
    const block = { block_number: 7n, block_hash: BLOCK_HASH };
    if (name === "moves-of-transaction") return [{ deployment: 1, ticket_id: 1n, ...block }];
    if (name === "mirror-has-block") return [{ shown: true, same: true, final: false }];
    if (name === "blocks-still-there") return [{ count: isSameChain ? 1 : 0 }];
    if (name !== "mirror-freshness") return [];
    const numbers = { final_number: 1n, head_number: 7n, updated_ms: 1, database_ms: 1 };
    return [{ deployment: 1, ...block, ...numbers }];
  }

  function open(lagMaxMs: number) {
    const db = { query: async (statement: Statement) => ({ rows: answer(statement) }) };
    const metrics = createMetrics("dead");
    const dead = { query: () => Promise.reject(new Error("nobody is there")) };
    const replicas = createReplicas({
      ...{ db: db as unknown as Sql, clock: systemClock, metrics, lagMaxMs },
      log: createLog({ name: "test", level: "silent" }),
      replicas: [{ name: "dead", sql: dead, probe: dead, close: async () => undefined }],
      stopping: stopping.signal,
    });
    const chain = { deployment: { id: 1, chainId: 31_337 } };
    const ask = createTransactionWait({
      ...{ db: db as unknown as Sql, clock: systemClock, metrics, replicas },
      chains: new Map([[1, chain]]) as never,
      heads: { follow: () => () => undefined },
      nodeBudget: { take: () => false },
      stopping: stopping.signal,
    });
    const stateOf = async (waitMs: number, gone = new AbortController()) => {
      const wish = { txHash: HASH, waitMs, network: () => "here", gone: () => gone.signal };
      return (await ask(wish)).answer.state;
    };
    const waiting = async () => (await metrics.transactionWaiters.get()).values[0]?.value ?? 0;
    return { stateOf, waiting };
  }

  it("is answered at once who does not want to wait: not every lookup shows it", async () => {
    const { stateOf } = open(LONG_MS);
    expect(await stateOf(0)).to.equal("included");
    expect(await stateOf(1)).to.equal("included");
  });

  it("is counted while it waits, and ends with its caller", async () => {
    const { stateOf, waiting } = open(LONG_MS);
    const gone = new AbortController();
    const left = stateOf(LONG_MS, gone);
    await until("it waits", async () => (await waiting()) === 1);
    gone.abort();
    expect(await left).to.equal("included");
    expect(await waiting()).to.equal(0);
  });

  it("ends when no process reads the replica any more, and those who come later are told", async () => {
    const { stateOf } = open(SHORT_MS);
    expect(await stateOf(LONG_MS)).to.equal("mirrored");
    await until("it is old", async () => (await stateOf(0)) === "mirrored");
  });

  it("is not told to be everywhere where a reorg took that block meanwhile", async () => {
    const { stateOf } = open(SHORT_MS);
    isSameChain = false;
    await stateOf(LONG_MS);
    await stateOf(LONG_MS);
    expect(await stateOf(0)).to.equal("included");
  });
});
