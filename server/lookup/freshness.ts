// How new a copy of the mirror is: read before it answers, and told in a header of the answer.
import type { z } from "zod";
import type { MirrorResponse } from "../api/lookup.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";

/** The cursor of a deployment. */
export interface Cursor {
  deployment: number;
  blockNumber: number;
  blockHash: string;
  finalNumber: number;
  headNumber: number;
  /** When the mirror was last as new as the chain, by the database's clock. */
  updatedMs: number;
}

/** What a database says of its mirror, which is the least that it shows from then on. */
export interface Stamp {
  /** By our own clock, before it was asked. */
  askedMs: number;
  /** By the database's clock, in the moment of the answer. */
  databaseMs: number;
  cursors: readonly Cursor[];
}

/** Known at once, where it was asked for a moment ago. */
type ReadStamp = () => Stamp | Promise<Stamp>;

/** Lookups come by the thousand, blocks every second: the cursor is read a few times in between. */
const RENEW_MS = 250;
/** Older, it is waited for. */
const KEPT_MS = 1_000;
const MS_PER_SECOND = 1_000;

export function keepStamp(deps: { db: Sql; clock: Clock }): ReadStamp {
  const { clock } = deps;
  let known: Stamp | undefined;
  let reading: Promise<Stamp> | undefined;
  const renew = () => {
    reading ??= readStamp(deps)
      .then((stamp) => {
        known = stamp;
        return stamp;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  return () => {
    const ageMs =
      known === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() - known.askedMs;
    if (known === undefined || ageMs > KEPT_MS) return renew();
    // Whoever waits for the next one hears of a failure.
    if (ageMs > RENEW_MS) renew().catch(() => undefined);
    return known;
  };
}

export async function readStamp({ db, clock }: { db: Sql; clock: Clock }): Promise<Stamp> {
  const askedMs = clock.monotonicMs();
  const { rows } = await db.query<{
    deployment: number;
    block_number: bigint;
    block_hash: string;
    final_number: bigint;
    head_number: bigint;
    updated_ms: number;
    database_ms: number;
  }>({
    name: "mirror-freshness",
    text: `SELECT deployment, block_number, block_hash, final_number, head_number,
                  (extract(epoch FROM updated_at) * 1000)::float8 AS updated_ms,
                  (extract(epoch FROM now()) * 1000)::float8 AS database_ms
           FROM mirror.cursor ORDER BY deployment`,
  });
  return {
    askedMs,
    databaseMs: rows[0]?.database_ms ?? 0,
    cursors: rows.map((row) => ({
      deployment: row.deployment,
      blockNumber: Number(row.block_number),
      blockHash: row.block_hash,
      finalNumber: Number(row.final_number),
      headNumber: Number(row.head_number),
      updatedMs: row.updated_ms,
    })),
  };
}

/** The age of what was read counts as well: nothing looks newer than it is. */
export function describeStamp(
  { askedMs, databaseMs, cursors }: Stamp,
  nowMs: number,
): z.output<typeof MirrorResponse>["deployments"] {
  const elapsedMs = databaseMs + nowMs - askedMs;
  return cursors.map(({ deployment, blockNumber, finalNumber, headNumber, updatedMs }) => ({
    deployment,
    blockNumber,
    finalNumber,
    lagBlocks: Math.max(0, headNumber - blockNumber),
    lagSeconds: Math.max(0, Math.ceil(elapsedMs - updatedMs)) / MS_PER_SECOND,
  }));
}

/** One entry for each deployment. */
export function headerOf(stamp: Stamp, nowMs: number): string {
  return describeStamp(stamp, nowMs)
    .map(
      ({ deployment, blockNumber, lagBlocks, lagSeconds }) =>
        `${deployment};block=${blockNumber};lag-blocks=${lagBlocks};lag-seconds=${lagSeconds}`,
    )
    .join(", ");
}
