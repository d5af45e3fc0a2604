// How new the primary was a moment ago, and before that: what the age of a replica is measured by.
import type { Stamp } from "./freshness.ts";

export interface Past {
  add(stamp: Stamp, nowMs: number): void;
  newest(): Stamp | undefined;
  /** The newest that was known by then. */
  before(ms: number): Stamp | undefined;
  /** When the primary showed, last of all, no more than this does; undefined if it is older. */
  reachedMs(stamp: Stamp): number | undefined;
}

export function createPast({ keptMs }: { keptMs: number }): Past {
  const known: { stamp: Stamp; knownMs: number }[] = [];
  return {
    add: (stamp, nowMs) => {
      known.push({ stamp, knownMs: nowMs });
      while ((known[0]?.knownMs ?? nowMs) < nowMs - keptMs) known.shift();
    },
    newest: () => known.at(-1)?.stamp,
    before: (ms) => known.findLast(({ knownMs }) => knownMs <= ms)?.stamp,
    // When it was asked: what came between that and the answer may be missing.
    reachedMs: (stamp) => known.findLast((then) => isNotBefore(stamp, then.stamp))?.stamp.askedMs,
  };
}

/**
 * A cursor moves on by block while the mirror catches up, and by time once it has; after a reorg
 * it is at a lower block at a later time.
 */
export function isNotBefore(stamp: Stamp, other: Stamp): boolean {
  return other.cursors.every((then) => {
    const now = stamp.cursors.find(({ deployment }) => deployment === then.deployment);
    if (now === undefined || now.updatedMs < then.updatedMs) return false;
    return now.updatedMs > then.updatedMs || now.blockNumber >= then.blockNumber;
  });
}
