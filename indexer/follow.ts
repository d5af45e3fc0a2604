// Follows one deployment's chain until the process stops, and says once when it cannot.
import { Bug, Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import { isDiskFull } from "#server/platform/db/failure.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import type { Log } from "#server/platform/log.ts";
import { repeat } from "#server/platform/repeat.ts";
import { createAhead } from "./ahead.ts";
import { createFaultCounter } from "./count-faults.ts";
import type { Header } from "./header.ts";
import { watchHeads } from "./heads.ts";
import { createNextBlock } from "./next-block.ts";
import { isRefusal, isTooOften } from "./pace.ts";
import { createPatience } from "./patience.ts";
import { createProgress } from "./progress.ts";
import { fetchRange } from "./range.ts";
import { type SyncDeps, syncStep } from "./sync.ts";

/** A person waits for their ticket at the screen, and an own node may be asked often. */
const LOCAL_POLL_MS = 200;
/** The fastest public chains make a block every second or two. */
const POLL_MS = 1_000;

/** Until the signal, however the chain tells of its blocks: by a word, or when it is asked. */
export async function follow(deps: SyncDeps, stopping: AbortSignal): Promise<void> {
  const { chain, log, metrics } = deps;
  const { id: deployment } = chain.deployment;
  const progress = createProgress({ deployment, log, clock: systemClock, output: process.stderr });
  const count = createFaultCounter({ deployment, metrics });
  const next = createNextBlock();
  const patience = createPatience(pollMs(chain));
  const following = {
    ...deps,
    next,
    ahead: createAhead(chain, counted),
    onRange: (step: Parameters<typeof progress.onRange>[0]) => {
      // On a long way whatever fails now and then has not failed often.
      patience.note();
      progress.onRange(step);
    },
  };
  /** Also a range that is asked for again, smaller, before anybody hears of its failure. */
  async function counted(...range: Parameters<typeof fetchRange>) {
    try {
      return await fetchRange(...range);
    } catch (error) {
      count(error);
      throw error;
    }
  }
  const round = oncePerOutage({ log, deployment }, async () => {
    try {
      while (!stopping.aborted && !(await syncStep(following)));
      patience.note();
    } catch (error) {
      patience.note(error);
      metrics.mirrorFaults.inc({ deployment: String(deployment), cause: causeOf(error) });
      count(error);
      throw error;
    }
  });
  const bell = createBell();
  const url = headsUrl(chain);
  const onHead = (header: Header | undefined) => {
    if (header !== undefined) next.hear(header);
    bell.ring();
  };
  const heads =
    url === undefined
      ? undefined
      : watchHeads({ url, log, clock: systemClock, signal: stopping, onHead });
  const sleep: typeof bell.sleep = (ms, signal) => {
    const waitMs = patience.waitMs();
    // A word of a new block helps against nothing that is away, or full.
    return waitMs === undefined ? bell.sleep(ms, signal) : systemClock.sleep(waitMs, signal);
  };
  const clock = { ...systemClock, sleep };
  await repeat("mirror", pollMs(chain), { clock, log, signal: stopping }, round);
  await heads;
}

/** A wait that a word of a new block ends; one that came meanwhile is not forgotten. */
function createBell() {
  let rang = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rang = true;
      wake?.();
    },
    sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
      if (!rang) {
        const over = new AbortController();
        const ends = signal === undefined ? [over.signal] : [over.signal, signal];
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        // Whoever is woken goes on at once; the timer is put away behind them.
        await Promise.race([woken, systemClock.sleep(ms, AbortSignal.any(ends))]);
        wake = undefined;
        over.abort();
      }
      rang = false;
    },
  };
}

/** The local chain listens on one port for both. */
function headsUrl({ deployment }: Chain): string | undefined {
  const { wsUrl, rpcUrl, chainId } = deployment;
  if (wsUrl !== undefined || chainId !== LOCAL_CHAIN_ID) return wsUrl;
  return rpcUrl.replace(/^http/, "ws");
}

function pollMs({ deployment }: Chain): number {
  return deployment.chainId === LOCAL_CHAIN_ID ? LOCAL_POLL_MS : POLL_MS;
}

/**
 * An outage lasts for hundreds of rounds, and as many equal lines would hide the others. Bugs are
 * not outages: they end the process.
 */
function oncePerOutage(
  { log, deployment }: { log: Log; deployment: number },
  round: () => Promise<void>,
): () => Promise<void> {
  let outage: string | undefined;
  return async () => {
    try {
      await round();
      if (outage !== undefined) log.info({ deployment }, "the mirror goes on");
      outage = undefined;
    } catch (err) {
      if (err instanceof Bug) throw err;
      const cause = nameOf(err);
      if (cause !== outage) log.warn({ err, deployment }, "the mirror waits");
      outage = cause;
    }
  };
}

/** Who failed, for whoever is woken by it. */
function causeOf(err: unknown): "chain" | "database" | "disk-full" | "other" {
  if (isTooOften(err) || isRefusal(err)) return "chain";
  if (!(err instanceof Fault)) return "other";
  if (err.code === "chain/unreachable") return "chain";
  return isDiskFull(err.cause) ? "disk-full" : "database";
}

/** A fault's text is the same each time; others may name an address or a number of their own. */
function nameOf(err: unknown): string {
  if (err instanceof Fault) return err.message;
  return err instanceof Error ? err.name : String(err);
}
