// The replicas of the database that lookups may be answered from, watched behind the requests' backs.
import type { Sql } from "../platform/db/client.ts";
import type { Replica } from "../platform/db/replica.ts";
import { type AtLeast, reaches } from "./at-least.ts";
import { readStamp, type Stamp } from "./freshness.ts";
import { createPast, isNotBefore } from "./past.ts";
import { askStamp, type Place, type WatchDeps, watchReplica } from "./replica-watch.ts";

export interface Replicas {
  /** One that shows this much, the next in turn. */
  pick(atLeast: AtLeast | undefined): Place | undefined;
  /**
   * Whether no lookup in any process is answered from before what the primary shows now; waits for
   * that, for so long at most and while somebody wants to know.
   */
  caughtUp(
    shown: { atLeast: AtLeast; final: boolean },
    patience: { waitMs: number; over: AbortSignal },
  ): Promise<boolean>;
}

export interface ReplicaDeps extends WatchDeps {
  /** The primary. */
  db: Sql;
  replicas: readonly Replica[];
  stopping: AbortSignal;
}

const CHECK_EVERY_MS = 250;

export function createReplicas(deps: ReplicaDeps): Replicas {
  const { db, lagMaxMs, clock, stopping } = deps;
  const past = createPast({ keptMs: 2 * lagMaxMs });
  const all = deps.replicas.map((replica) => watchReplica(replica, { ...deps, past }));
  let turn = 0;
  let round = new AbortController();

  async function keepWatching(): Promise<void> {
    while (!stopping.aborted) {
      const stamp = await askStamp(db, clock);
      if (stamp !== undefined) past.add(stamp, clock.monotonicMs());
      // One that answers late keeps no other waiting for longer than a check may take.
      await Promise.all(all.map(({ check }) => check()));
      round.abort();
      round = new AbortController();
      await clock.sleep(CHECK_EVERY_MS, stopping);
    }
  }

  /** What the primary has shown for so long, every replica that is read shows by now. */
  async function isOld({ atLeast, final }: { atLeast: AtLeast; final: boolean }): Promise<boolean> {
    const long = past.before(clock.monotonicMs() - lagMaxMs);
    if (long === undefined || !reaches(long, atLeast)) return false;
    return final || (await isStillThere(db, long, atLeast));
  }

  function isEverywhere(target: Stamp): boolean {
    const stamps = all.map(({ stamp }) => stamp());
    return stamps.every((stamp) => stamp !== undefined && isNotBefore(stamp, target));
  }

  if (all.length > 0) void keepWatching();
  return {
    pick: (atLeast) => {
      for (let tries = 0; tries < all.length; tries += 1) {
        turn = (turn + 1) % all.length;
        const place = all[turn]?.place(atLeast);
        if (place !== undefined) return place;
      }
      return undefined;
    },
    caughtUp: async (shown, { waitMs, over }) => {
      if (all.length === 0 || (await isOld(shown))) return true;
      const target = await readStamp({ db, clock });
      const startMs = clock.monotonicMs();
      for (;;) {
        if (isEverywhere(target)) return true;
        const waitedMs = clock.monotonicMs() - startMs;
        // By then nobody reads one that lacks it: it would be further behind than it may.
        if (waitedMs >= lagMaxMs) return true;
        if (waitedMs >= waitMs || over.aborted || stopping.aborted) return false;
        const leftMs = Math.min(waitMs, lagMaxMs) - waitedMs;
        await clock.sleep(leftMs, AbortSignal.any([round.signal, over, stopping]));
      }
    },
  };
}

/** Whether what the primary showed then is part of what it shows now: no reorg took any of it. */
async function isStillThere(db: Sql, { cursors }: Stamp, atLeast: AtLeast): Promise<boolean> {
  const tips = cursors.filter(({ deployment }) => atLeast.has(deployment));
  const { rows } = await db.query<{ count: number }>({
    name: "blocks-still-there",
    text: `SELECT count(*)::int AS count
           FROM unnest($1::smallint[], $2::bigint[], $3::text[]) AS tip (deployment, number, hash)
           JOIN mirror.cursor USING (deployment)
           WHERE tip.number <= final_number OR EXISTS (
             SELECT FROM mirror.block WHERE block.deployment = tip.deployment
               AND block.number = tip.number AND block.hash = tip.hash)`,
    values: [
      tips.map(({ deployment }) => deployment),
      tips.map(({ blockNumber }) => blockNumber),
      tips.map(({ blockHash }) => blockHash),
    ],
  });
  return rows[0]?.count === tips.length;
}
