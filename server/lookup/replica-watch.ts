// One replica as lookups see it: how new it is, and whether it may be asked in this moment.
import { Refusal } from "../domain/failure.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import type { Replica } from "../platform/db/replica.ts";
import type { Log } from "../platform/log.ts";
import type { Metrics } from "../platform/metrics.ts";
import { within } from "../platform/within.ts";
import { type AtLeast, reaches } from "./at-least.ts";
import { readStamp, type Stamp } from "./freshness.ts";
import type { Past } from "./past.ts";
import { createJudge, SLOW } from "./replica-errors.ts";

/** A replica that may be read in this moment, and what it shows at least. */
export interface Place {
  name: string;
  stamp: Stamp;
  /**
   * Undefined where the replica failed: somebody else is asked then. Throws where the question did:
   * what alone is slow here must not go on to the primary, which sells.
   */
  read<T>(work: (db: Sql) => Promise<T>): Promise<{ body: T } | undefined>;
}

export interface ReplicaWatch {
  /** Asks it how new it is. */
  check(): Promise<void>;
  /** What it showed when it was asked last. */
  stamp(): Stamp | undefined;
  /** Undefined while it is away, behind or set aside, and where it shows less than that. */
  place(atLeast: AtLeast | undefined): Place | undefined;
}

export interface WatchDeps {
  /** How far behind the primary a replica may be that is read. */
  lagMaxMs: number;
  asideMs?: number;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

const CHECK_LIMIT_MS = 500;
/** A lookup takes a few milliseconds. */
const ANSWER_LIMIT_MS = 500;
/** One that failed has this long to come to itself. */
const ASIDE_MS = 5_000;
const MS_PER_SECOND = 1_000;

/**
 * The primary's past says how old a replica is: it is as new as the primary was when it last showed
 * no more. No clock but ours is asked, and none is when a request comes.
 */
export function watchReplica(replica: Replica, deps: WatchDeps & { past: Past }): ReplicaWatch {
  const { past, lagMaxMs, asideMs = ASIDE_MS, clock, log, metrics } = deps;
  const { name } = replica;
  let known: Stamp | undefined;
  /** Until then it cannot be further behind than allowed, even if it stands still from now on. */
  let freshUntilMs = Number.NEGATIVE_INFINITY;
  let asideUntilMs = Number.NEGATIVE_INFINITY;
  /** When it was asked how new it is, and answered, last of all. */
  let answeredMs = Number.NEGATIVE_INFINITY;
  let isUsed = false;

  const judge = createJudge({
    clock,
    isThere: async (sinceMs) =>
      answeredMs >= sinceMs || (await askStamp(replica.probe, clock)) !== undefined,
  });
  const mayBeRead = (nowMs: number) => nowMs < freshUntilMs && nowMs >= asideUntilMs;

  const read: Place["read"] = async (work) => {
    const startMs = clock.monotonicMs();
    try {
      const body = await within(ANSWER_LIMIT_MS, SLOW, work(replica.sql));
      judge.answered();
      return { body };
    } catch (error) {
      if (error instanceof Refusal) judge.answered();
      // What it does not have, the primary may have by now.
      if (error instanceof Refusal && error.code !== "request/not-found") throw error;
      if (error instanceof Refusal) return undefined;
      const blame = await judge.blame(error, startMs);
      if (blame === "question") throw error;
      if (blame === "conflict") return undefined;
      log.warn({ err: error, replica: name }, "a replica failed a lookup and is set aside");
      asideUntilMs = clock.monotonicMs() + asideMs;
      isUsed = false;
      return undefined;
    }
  };

  function tell(nowMs: number): void {
    const lagMs = Math.max(0, nowMs - (freshUntilMs - lagMaxMs));
    metrics.replicaLagSeconds.set({ replica: name }, lagMs / MS_PER_SECOND);
    if (isUsed === mayBeRead(nowMs)) return;
    isUsed = !isUsed;
    if (isUsed) log.info({ replica: name }, "a replica answers lookups");
    else log.warn({ replica: name }, "a replica is away or behind, and answers no lookups");
  }

  return {
    check: async () => {
      const stamp = await askStamp(replica.probe, clock);
      if (stamp !== undefined) answeredMs = stamp.askedMs;
      const newest = past.newest();
      const reachedMs = stamp && past.reachedMs(stamp);
      if (stamp !== undefined && newest !== undefined && reachedMs !== undefined) {
        known = asOf(newest, stamp);
        freshUntilMs = reachedMs + lagMaxMs;
      }
      tell(clock.monotonicMs());
    },
    stamp: () => known,
    place: (atLeast) => {
      if (known === undefined || !mayBeRead(clock.monotonicMs())) return undefined;
      if (atLeast !== undefined && !reaches(known, atLeast)) return undefined;
      return { name, stamp: known, read };
    },
  };
}

/** Undefined where there is no answer in time. */
export async function askStamp(db: Sql, clock: Clock): Promise<Stamp | undefined> {
  const stamp = readStamp({ db, clock });
  return within(CHECK_LIMIT_MS, "No answer in time.", stamp).catch(() => undefined);
}

/** What a replica shows, by the primary's clock and beside the chain as the primary knows it. */
function asOf(primary: Stamp, { cursors }: Stamp): Stamp {
  return {
    askedMs: primary.askedMs,
    databaseMs: primary.databaseMs,
    cursors: cursors.map((cursor) => {
      const known = primary.cursors.find(({ deployment }) => deployment === cursor.deployment);
      const headNumber = Math.max(cursor.headNumber, known?.headNumber ?? 0);
      return { ...cursor, headNumber };
    }),
  };
}
