// The indexer beside Ponder and beside the least that indexes: a backfill, what it costs, and the lag at the head.
import { join } from "node:path";
import type { Bench, BenchTools, Metric } from "#scripts/bench-result.ts";
import { medianOf } from "../kit/rounds.ts";
import { withServices } from "../kit/services.ts";
import { tableOf } from "../kit/table.ts";
import { type BenchChain, fillChain, openChain } from "./chain.ts";
import {
  type Backfill,
  measureBackfill,
  measureLoop,
  type Outcome,
  ours,
  ponder,
} from "./measure-backfill.ts";
import { type Lags, measureLags, percentile } from "./measure-lag.ts";

/** Alternating, so that what else the machine does falls on all of them. */
const ROUNDS = 3;
const EVENTS_MIN = 300_000;

interface Round {
  ours: Backfill;
  ponder: Backfill;
  loopSeconds: number;
}

export const bench: Bench = async (tools: BenchTools) => {
  const want = { postgres: true, redis: false, chain: false };
  return await withServices(tools, { want }, async ({ home, services }) => {
    // What opens databases for tests opens them here as well.
    process.env.TEST_DATABASE_URL = services.databaseUrl;
    const filled = await openChain(join(home, "filled"));
    const { rounds, events } = await backfills(filled, tools).finally(() => filled.stop());
    // On a chain with nothing behind it: what comes is measured, not what was.
    const quiet = await openChain(join(home, "quiet"));
    const lags = await tools.progress
      .step("Lag at the head", () => measureLags(quiet))
      .finally(() => quiet.stop());
    const metrics = [...backfillMetrics(rounds, events), ...lagMetrics(lags)];
    return { metrics, table: tableOf(metrics) };
  });
};

async function backfills(chain: BenchChain, { progress, signal }: BenchTools) {
  await progress.step("Fill the chain", () => fillChain(chain));
  const events = await progress.step("Count its events", () => countEvents(chain));
  const rounds: Round[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    signal.throwIfAborted();
    const name = `Backfill ${round} of ${ROUNDS}`;
    rounds.push(await progress.step(name, () => measure(chain, signal)));
  }
  return { rounds, events };
}

async function measure({ deployment }: BenchChain, signal: AbortSignal): Promise<Round> {
  const theirs = await measureBackfill(ponder, deployment);
  const own = await measureBackfill(ours, deployment);
  requireEqual(own, theirs);
  const { seconds: loopSeconds } = await measureLoop(deployment, signal);
  return { ours: own, ponder: theirs, loopSeconds };
}

/** A faster indexer that is wrong has won nothing. */
function requireEqual(own: Outcome, theirs: Outcome): void {
  const [one, other] = [own, theirs].map(({ rows, owners }) => JSON.stringify({ rows, owners }));
  if (one !== other) throw new Error(`The two differ: ours ${one}, Ponder's ${other}.`);
}

async function countEvents({ call, deployment }: BenchChain): Promise<number> {
  const { tickets, modules, startBlock } = deployment;
  const head = Number(await call<string>("eth_blockNumber"));
  const address = [tickets, ...Object.values(modules ?? {})];
  let events = 0;
  for (let first = startBlock; first <= head; first += 50) {
    const [fromBlock, toBlock] = [first, Math.min(head, first + 49)].map(
      (n) => `0x${n.toString(16)}`,
    );
    events += (await call<unknown[]>("eth_getLogs", [{ address, fromBlock, toBlock }])).length;
  }
  if (events < EVENTS_MIN) throw new Error(`The chain tells of ${events} events only.`);
  return events;
}

function backfillMetrics(rounds: readonly Round[], events: number): Metric[] {
  const speed = (of: (round: Round) => number) => events / medianOf(rounds, of);
  const rate = { value: speed((round) => round.ours.seconds), unit: "events/s" };
  const cost = (of: (one: Backfill) => number) => ({
    value: medianOf(rounds, (round) => of(round.ours)),
    baseline: medianOf(rounds, (round) => of(round.ponder)),
  });
  return [
    {
      ...{ metric: "backfill_vs_ponder", ...rate },
      baseline: speed((round) => round.ponder.seconds),
      baselines: { events },
    },
    {
      ...{ metric: "backfill_vs_minimal_loop", ...rate },
      baseline: speed((round) => round.loopSeconds),
    },
    { metric: "rss_vs_ponder", unit: "MiB", ...cost(({ rssMiB }) => rssMiB) },
    { metric: "cpu_vs_ponder", unit: "s", ...cost(({ cpuSeconds }) => cpuSeconds) },
  ];
}

function lagMetrics({ ours: own, ponder: theirs, loop }: Lags): Metric[] {
  return [
    {
      ...{ metric: "lag_p50_vs_ws_loop", unit: "ms" },
      ...{ value: percentile(own, 0.5), baseline: percentile(loop, 0.5) },
      baselines: { "Ponder, p50": percentile(theirs, 0.5) },
    },
    {
      ...{ metric: "lag_p99_vs_ponder", unit: "ms" },
      ...{ value: percentile(own, 0.99), baseline: percentile(theirs, 0.99) },
      baselines: { "loop, p99": percentile(loop, 0.99) },
    },
  ];
}
