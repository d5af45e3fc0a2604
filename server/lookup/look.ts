// Answers a lookup from a copy of the mirror that is new enough, and says how new that copy was.
import { Fault } from "../domain/failure.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import type { Metrics } from "../platform/metrics.ts";
import { type AtLeast, parseAtLeast, reaches } from "./at-least.ts";
import { describeStamp, headerOf, keepStamp, readStamp, type Stamp } from "./freshness.ts";
import type { MirrorHeads } from "./mirror-heads.ts";
import type { Replicas } from "./replicas.ts";

interface Looked<T> {
  headers: Readonly<Record<string, string>>;
  body: T;
}

type Read = <T>(
  /** The caller's header. */
  mirrorAtLeast: string | undefined,
  read: (db: Sql) => Promise<T>,
) => Promise<Looked<T>>;

/** From a replica that is new enough, or else from the primary. */
export interface Look extends Read {
  /** From the primary alone: what is of the sale as well, or must be of now. */
  primary: Read;
  mirror(): Promise<Looked<{ deployments: ReturnType<typeof describeStamp> }>>;
}

export interface LookDeps {
  db: Sql;
  heads: MirrorHeads;
  replicas: Pick<Replicas, "pick">;
  clock: Clock;
  metrics: Metrics;
}

const PRIMARY = "primary";

export function createLook(deps: LookDeps): Look {
  const { db, replicas, clock, metrics } = deps;
  const known = keepStamp(deps);
  const looked = <T>(place: string, stamp: Stamp, body: T): Looked<T> => {
    metrics.lookups.inc({ place });
    return { headers: { "Mirror-Freshness": headerOf(stamp, clock.monotonicMs()) }, body };
  };
  const stampFor = async (atLeast: AtLeast): Promise<Stamp> => {
    const stamp = await known();
    return reaches(stamp, atLeast) ? stamp : requireReach(await readStamp(deps), atLeast);
  };
  const ask = async <T>(atLeast: AtLeast | undefined, read: (db: Sql) => Promise<T>) => {
    // Before the answer, which then shows this much or more.
    const stamp = atLeast === undefined ? await known() : await stampFor(atLeast);
    return looked(PRIMARY, stamp, await read(db));
  };
  const look = async <T>(mirrorAtLeast: string | undefined, read: (db: Sql) => Promise<T>) => {
    const atLeast = parse(mirrorAtLeast);
    const place = replicas.pick(atLeast);
    const answer = await place?.read(read);
    if (place === undefined || answer === undefined) return ask(atLeast, read);
    return looked(place.name, place.stamp, answer.body);
  };
  const mirror = async () => {
    const stamp = await readStamp(deps);
    return looked(PRIMARY, stamp, { deployments: describeStamp(stamp, clock.monotonicMs()) });
  };
  const primary: Read = async (mirrorAtLeast, read) => ask(parse(mirrorAtLeast), read);
  return Object.assign(look, { primary, mirror });
}

function parse(mirrorAtLeast: string | undefined): AtLeast | undefined {
  return mirrorAtLeast === undefined ? undefined : parseAtLeast(mirrorAtLeast);
}

function requireReach(stamp: Stamp, atLeast: AtLeast): Stamp {
  if (reaches(stamp, atLeast)) return stamp;
  throw new Fault("chain/mirror-behind", "The mirror does not show the block asked for yet.");
}
