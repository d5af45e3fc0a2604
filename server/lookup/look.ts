// Answers a lookup from a copy of the mirror that is new enough, and says how new that copy was.
import { Fault } from "../domain/failure.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import { type AtLeast, parseAtLeast, reaches } from "./at-least.ts";
import { describeStamp, headerOf, keepStamp, readStamp, type Stamp } from "./freshness.ts";

interface Looked<T> {
  headers: Readonly<Record<string, string>>;
  body: T;
}

export interface Look {
  /** `mirrorAtLeast` is the caller's header. */
  <T>(mirrorAtLeast: string | undefined, read: (db: Sql) => Promise<T>): Promise<Looked<T>>;
  mirror(): Promise<Looked<{ deployments: ReturnType<typeof describeStamp> }>>;
}

export function createLook(deps: { db: Sql; clock: Clock }): Look {
  const { db, clock } = deps;
  const known = keepStamp(deps);
  const looked = <T>(stamp: Stamp, body: T): Looked<T> => ({
    headers: { "Mirror-Freshness": headerOf(stamp, clock.monotonicMs()) },
    body,
  });
  const stampFor = async (atLeast: AtLeast): Promise<Stamp> => {
    const stamp = await known();
    return reaches(stamp, atLeast) ? stamp : requireReach(await readStamp(deps), atLeast);
  };
  const look = async <T>(mirrorAtLeast: string | undefined, read: (db: Sql) => Promise<T>) => {
    // Before the answer, which then shows this much or more.
    const stamp =
      mirrorAtLeast === undefined ? await known() : await stampFor(parseAtLeast(mirrorAtLeast));
    return looked(stamp, await read(db));
  };
  const mirror = async () => {
    const stamp = await readStamp(deps);
    return looked(stamp, { deployments: describeStamp(stamp, clock.monotonicMs()) });
  };
  return Object.assign(look, { mirror });
}

function requireReach(stamp: Stamp, atLeast: AtLeast): Stamp {
  if (reaches(stamp, atLeast)) return stamp;
  throw new Fault("chain/mirror-behind", "The mirror does not show the block asked for yet.");
}
