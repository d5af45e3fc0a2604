// Many seeds side by side, a thread for each processor; what a seed does, it does in any thread.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Ended } from "./run-seed.ts";

export interface Seeds {
  from: number;
  count: number;
}

export interface SeedsEnded {
  failed: Ended[];
  lines: number;
  tallies: Map<string, number>;
}

/** More gain nothing: the seeds are few enough. */
const THREADS_MAX = 4;

export async function runSeeds(
  { from, count }: Seeds,
  onEnd: (ended: Ended) => void = () => undefined,
): Promise<SeedsEnded> {
  const threads = Math.min(availableParallelism(), THREADS_MAX, count);
  const all: SeedsEnded = { failed: [], lines: 0, tallies: new Map() };
  const take = (ended: Ended) => {
    all.lines += ended.lines;
    for (const [kind, times] of ended.tallies) {
      all.tallies.set(kind, (all.tallies.get(kind) ?? 0) + times);
    }
    if (ended.violations.length > 0) all.failed.push(ended);
    onEnd(ended);
  };
  await Promise.all(
    Array.from({ length: threads }, (_, at) =>
      runThread({ from: from + at, below: from + count, step: threads }, take),
    ),
  );
  all.failed.sort((a, b) => a.seed - b.seed);
  return all;
}

function runThread(seeds: unknown, take: (ended: Ended) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./seeds-thread.ts", import.meta.url), {
      workerData: seeds,
    });
    thread.on("message", take);
    thread.once("error", reject);
    thread.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`a thread of the simulation ended with ${code}`));
    });
  });
}

/** What to do about a seed that failed. */
export function replayOf({ seed, violations }: Ended): string {
  return `seed ${seed}: ${violations.join("; ")}\n  ./stagedoor simulate --seed ${seed}`;
}
