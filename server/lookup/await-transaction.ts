// Read your own write: whoever has just sent a transaction waits here until every lookup shows it.
import { Fault, Refusal } from "../domain/failure.ts";
import type { Chains } from "../platform/chain.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import type { Metrics } from "../platform/metrics.ts";
import { type Found, findTransaction, type Inclusion } from "./find-transaction.ts";
import type { Heads, MirrorHeads } from "./mirror-heads.ts";
import type { NodeBudget } from "./node-budget.ts";
import type { Replicas } from "./replicas.ts";

export interface AwaitDeps {
  db: Sql;
  chains: Chains;
  clock: Clock;
  metrics: Metrics;
  heads: MirrorHeads;
  nodeBudget: NodeBudget;
  replicas: Pick<Replicas, "caughtUp">;
  stopping: AbortSignal;
}

export interface Wish {
  txHash: string;
  waitMs: number;
  /** Of the caller. */
  network: () => string;
  gone: () => AbortSignal;
}

/** In one process; each is a socket, and a look whenever the mirror has moved. */
export const WAITERS_MAX = 1_000;
export const WAITERS_PER_NETWORK_MAX = 50;
const RETRY_AFTER_SECONDS = 2;
/** Between two looks for what no block has yet: a node is asked each time. */
const REST_MS = 500;

/** Answers sooner when the transaction is shown, the caller is gone or the process ends. */
export function createTransactionWait(deps: AwaitDeps): (wish: Wish) => Promise<Found> {
  const { metrics, stopping } = deps;
  const waiting = new Map<string, number>();
  let count = 0;

  function take(network: string, change: 1 | -1): void {
    const own = (waiting.get(network) ?? 0) + change;
    if (own === 0) waiting.delete(network);
    else waiting.set(network, own);
    count += change;
    metrics.transactionWaiters.set(count);
  }

  return async (wish) => {
    const { txHash, waitMs } = wish;
    const network = wish.network();
    const lookOnce = async () => {
      const found = await findTransaction(deps, { txHash, known: undefined, network });
      return onceEverywhere(deps, found, { waitMs: 0, over: stopping });
    };
    if (waitMs === 0 || stopping.aborted) return lookOnce();
    const refusal = refusalOf(count, waiting.get(network) ?? 0);
    if (refusal !== undefined) {
      const found = await lookOnce();
      if (found.answer.state === "mirrored") return found;
      throw refusal;
    }
    take(network, 1);
    try {
      return await waitFor(deps, wish);
    } finally {
      take(network, -1);
    }
  };
}

async function waitFor(deps: AwaitDeps, wish: Wish): Promise<Found> {
  const { txHash, waitMs, gone, network } = wish;
  const { clock, stopping } = deps;
  const endMs = clock.monotonicMs() + waitMs;
  const over = AbortSignal.any([gone(), stopping]);
  const found = await waitForMirror(deps, { txHash, endMs, over, network: network() });
  return onceEverywhere(deps, found, { waitMs: endMs - clock.monotonicMs(), over });
}

/** Mirrored is what every lookup shows: until a replica may lack it, it is in a block. */
async function onceEverywhere(
  { replicas }: AwaitDeps,
  found: Found,
  patience: { waitMs: number; over: AbortSignal },
): Promise<Found> {
  const { inclusion, answer } = found;
  if (inclusion === undefined || answer.state !== "mirrored") return found;
  const blocks = inclusion.deployments.map((id) => [id, Number(inclusion.blockNumber)] as const);
  const shown = { atLeast: new Map(blocks), final: answer.final };
  if (await replicas.caughtUp(shown, patience)) return found;
  return { inclusion, answer: { ...answer, state: "included", final: false } };
}

async function waitForMirror(
  deps: AwaitDeps,
  given: { txHash: string; endMs: number; over: AbortSignal; network: string },
): Promise<Found> {
  const { txHash, endMs, over, network } = given;
  const { clock, heads } = deps;
  let now: Heads | undefined;
  let onNews: () => void = () => undefined;
  // Before the first look: what is mirrored meanwhile is news.
  const leave = heads.follow((moved) => {
    now = moved;
    onNews();
  });
  try {
    let known: Inclusion | undefined;
    for (;;) {
      const seen = now;
      const found = await findTransaction(deps, { txHash, known, network });
      const leftMs = endMs - clock.monotonicMs();
      if (found.answer.state === "mirrored" || leftMs <= 0 || over.aborted) return found;
      known = found.inclusion;
      const news = new AbortController();
      onNews = () => {
        if (now !== seen && isWorthALook(known, now)) news.abort();
      };
      onNews();
      // In no block yet, a node is asked for it, and seldom.
      if (known === undefined) await clock.sleep(Math.min(REST_MS, leftMs), over);
      await clock.sleep(
        Math.max(0, endMs - clock.monotonicMs()),
        AbortSignal.any([news.signal, over]),
      );
    }
  } finally {
    leave();
  }
}

/** Whether it may be in a block that is new here, or the very block that it is in is. */
function isWorthALook(inclusion: Inclusion | undefined, now: Heads | undefined): boolean {
  if (inclusion === undefined) return true;
  const { deployments, blockNumber } = inclusion;
  return deployments.every((id) => (now?.get(id)?.number ?? -1n) >= blockNumber);
}

function refusalOf(count: number, own: number): Fault | Refusal | undefined {
  const data = { retryAfter: RETRY_AFTER_SECONDS };
  if (count >= WAITERS_MAX) {
    return new Fault("server/unavailable", "Too many wait here; ask again.", { data });
  }
  if (own < WAITERS_PER_NETWORK_MAX) return undefined;
  return new Refusal(
    "request/rate-limited",
    `${WAITERS_PER_NETWORK_MAX} requests are what one network address may have waiting.`,
    { policy: "transaction-waiters", ...data },
  );
}
