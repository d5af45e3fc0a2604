// The simulated time: what happens next happens at once, and nothing happens by itself.
import { createHash } from "node:crypto";
import { setImmediate as settle } from "node:timers/promises";
import type { Clock } from "#server/platform/clock.ts";

export interface Timeline {
  nowMs(): number;
  /** What is due in the same moment happens in the order in which it was put here. */
  after(ms: number, happen: () => void): void;
  /** Goes on until the moment, or until there is nothing more to happen. */
  runUntil(endMs: number): Promise<void>;
  note(what: string): void;
  /** Something of a kind that is counted, so that nobody trusts a run in which nothing happens. */
  tally(kind: string): void;
  tallies: ReadonlyMap<string, number>;
  notes: readonly string[];
  /** Of everything that was noted, in its order and with its time. */
  trace(): string;
}

interface Due {
  atMs: number;
  seq: number;
  happen: () => void;
}

/** Some day in 2026, so that nothing is older than the epoch. */
const BEGIN_MS = 1_790_000_000_000;

export function createTimeline(options: { keepNotes: boolean }): Timeline {
  const heap: Due[] = [];
  const notes: string[] = [];
  const tallies = new Map<string, number>();
  const hash = createHash("sha256");
  let nowMs = BEGIN_MS;
  let seq = 0;

  return {
    nowMs: () => nowMs,
    after: (ms, happen) => {
      seq += 1;
      push(heap, { atMs: nowMs + Math.max(0, ms), seq, happen });
    },
    runUntil: async (endMs) => {
      for (let next = heap[0]; next !== undefined && next.atMs <= endMs; next = heap[0]) {
        pop(heap);
        nowMs = next.atMs;
        next.happen();
        // Everything that this set free goes on to where it waits again.
        await settle();
      }
      nowMs = Math.max(nowMs, endMs);
    },
    note: (what) => {
      const line = `${String(nowMs - BEGIN_MS).padStart(7)} ${what}`;
      hash.update(`${line}\n`);
      if (options.keepNotes) notes.push(line);
    },
    tally: (kind) => void tallies.set(kind, (tallies.get(kind) ?? 0) + 1),
    tallies,
    notes,
    trace: () => hash.copy().digest("hex"),
  };
}

/** For code that waits; whoever is dead by then waits for ever. */
export function clockOf(timeline: Timeline, isAlive: () => boolean): Clock {
  return {
    now: () => new Date(timeline.nowMs()),
    monotonicMs: () => timeline.nowMs(),
    sleep: (ms) =>
      new Promise((resolve) => {
        timeline.after(ms, () => {
          if (isAlive()) resolve();
        });
      }),
  };
}

function isBefore(one: Due, other: Due): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.seq < other.seq);
}

function push(heap: Due[], due: Due): void {
  let at = heap.length;
  heap.push(due);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(due, heap[parent] as Due)) break;
    heap[at] = heap[parent] as Due;
    at = parent;
  }
  heap[at] = due;
}

function pop(heap: Due[]): void {
  const last = heap.pop() as Due;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    const right = heap[child + 1];
    if (right !== undefined && isBefore(right, heap[child] as Due)) child += 1;
    if (!isBefore(heap[child] as Due, last)) break;
    heap[at] = heap[child] as Due;
    at = child;
  }
  heap[at] = last;
}
