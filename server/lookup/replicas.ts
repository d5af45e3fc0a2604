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
  /** Resolves once no lookup in any process is answered from before what the primary shows now. */
  caughtUp(shown: { atLeast: AtLeast; final: boolean }): Promise<void>;
}

export interface ReplicaDeps extends WatchDeps {
  /** The primary. */
  db: Sql;
  replicas: readonly Replica[];
  stopping: AbortSignal;
}

const CHECK_EVERY_MS = 250;
const CAUGHT_UP_POLL_MS = 50;

export function createReplicas(deps: ReplicaDeps): Replicas {
  const { db, lagMaxMs, clock, stopping } = deps;
  const past = createPast({ keptMs: 2 * lagMaxMs });
  const all = deps.replicas.map((replica) => watchReplica(replica, { ...deps, past }));
  let turn = 0;

  async function keepWatching(): Promise<void> {
    while (!stopping.aborted) {
      const stamp = await askStamp(db, clock);
      if (stamp !== undefined) past.add(stamp, clock.monotonicMs());
      // One that answers late keeps no other waiting for longer than a check may take.
      await Promise.all(all.map(({ check }) => check()));
      await clock.sleep(CHECK_EVERY_MS, stopping);
    }
  }

  function isEverywhere(shown: { atLeast: AtLeast; final: boolean }, target: Stamp): boolean {
    const long = past.before(clock.monotonicMs() - lagMaxMs);
    if (shown.final && long !== undefined && reaches(long, shown.atLeast)) return true;
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
    caughtUp: async (shown) => {
      if (all.length === 0) return;
      const target = await readStamp({ db, clock });
      // By then nobody reads one that lacks it: it would be further behind than it may.
      const endMs = clock.monotonicMs() + lagMaxMs;
      while (!isEverywhere(shown, target) && clock.monotonicMs() < endMs && !stopping.aborted) {
        await clock.sleep(CAUGHT_UP_POLL_MS, stopping);
      }
    },
  };
}
