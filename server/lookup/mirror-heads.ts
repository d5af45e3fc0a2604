// How far the mirror is, told to whoever waits for it here: one ear and one reader for the whole process.
import { Fault } from "../domain/failure.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db/client.ts";
import type { Log } from "../platform/log.ts";

export interface Head {
  number: bigint;
  hash: string;
  finalNumber: bigint;
}

/** By deployment. */
export type Heads = ReadonlyMap<number, Head>;

export interface MirrorHeads {
  /** Calls back whenever a head has moved, and for those known already; answers how to leave. */
  follow(onHeads: (heads: Heads) => void): () => void;
}

export interface HeadsDeps {
  db: Db;
  clock: Clock;
  log: Log;
  stopping: AbortSignal;
}

/** What is final may move without a block, and a word may be lost with its connection. */
const POLL_MS = 1_000;
/** A mirror that catches up says ten words a second, and each moves everybody. */
const REST_MS = 50;

export function createMirrorHeads(deps: HeadsDeps & { pollMs?: number }): MirrorHeads {
  const { db, clock, log, stopping, pollMs = POLL_MS } = deps;
  const followers = new Set<(heads: Heads) => void>();
  let known: Heads | undefined;
  let wakeUp = new AbortController();
  let hears = false;
  let isRunning = false;
  let isAway = false;

  async function round(): Promise<void> {
    const heads = await readHeads(db);
    isAway = false;
    if (known !== undefined && !hasMoved(known, heads)) return;
    known = heads;
    for (const tell of followers) tell(heads);
  }

  async function run(): Promise<void> {
    while (followers.size > 0 && !stopping.aborted) {
      // Before the round: what a block says while it reads is read once more.
      const wake = new AbortController();
      wakeUp = wake;
      await round().catch((err: unknown) => {
        if (stopping.aborted) return;
        if (!(err instanceof Fault)) throw err;
        if (!isAway) log.warn({ err }, "the mirror's heads cannot be read");
        isAway = true;
      });
      await clock.sleep(REST_MS, stopping);
      await clock.sleep(pollMs, AbortSignal.any([wake.signal, stopping]));
    }
    isRunning = false;
    known = undefined;
  }

  return {
    follow: (onHeads) => {
      followers.add(onHeads);
      if (known !== undefined) onHeads(known);
      if (!hears) db.listen("mirror", () => wakeUp.abort(), stopping);
      hears = true;
      if (!isRunning) {
        isRunning = true;
        void run();
      }
      return () => {
        followers.delete(onHeads);
        // Nobody is left to read for.
        if (followers.size === 0) wakeUp.abort();
      };
    },
  };
}

async function readHeads(db: Db): Promise<Heads> {
  const { rows } = await db.query<{
    deployment: number;
    block_number: bigint;
    block_hash: string;
    final_number: bigint;
  }>({
    name: "mirror-heads",
    text: "SELECT deployment, block_number, block_hash, final_number FROM mirror.cursor",
  });
  return new Map(
    rows.map(({ deployment, block_number: number, block_hash: hash, final_number }) => [
      deployment,
      { number, hash, finalNumber: final_number },
    ]),
  );
}

function hasMoved(before: Heads, now: Heads): boolean {
  if (before.size !== now.size) return true;
  for (const [deployment, { hash, finalNumber }] of now) {
    const last = before.get(deployment);
    if (last?.hash !== hash || last.finalNumber !== finalNumber) return true;
  }
  return false;
}
