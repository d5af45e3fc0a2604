// How new a copy of the mirror is: read before it answers, and told in a header of the answer.
import type { z } from "zod";
import type { MirrorResponse } from "../api/lookup.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import type { Head, Heads, MirrorHeads } from "./mirror-heads.ts";

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

interface KeepDeps {
  db: Sql;
  clock: Clock;
  heads: MirrorHeads;
}

/** Lookups come by the thousand, blocks every second: the cursor is read a few times in between. */
const RENEW_MS = 250;
/** Older, it is waited for. */
const KEPT_MS = 1_000;
/** Nobody has looked anything up for so long: the mirror's word is for nobody. */
const IDLE_MS = 10_000;
const MS_PER_SECOND = 1_000;

export function keepStamp(deps: KeepDeps): ReadStamp {
  const { clock } = deps;
  let known: Stamp | undefined;
  let reading: Promise<Stamp> | undefined;
  /** How often the mirror went back: what was asked for before that is too new. */
  let returns = 0;
  async function read(): Promise<Stamp> {
    for (;;) {
      const before = returns;
      const stamp = await readStamp(deps);
      if (returns !== before) continue;
      known = stamp;
      return stamp;
    }
  }
  const renew = () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const listen = createEar(deps, (before, now) => {
    const cursors = known?.cursors ?? [];
    const isBack = [...before].some(([deployment, head]) => isAhead(deployment, head, now));
    const isOld = cursors.some(({ deployment, blockNumber, blockHash: hash }) =>
      isAhead(deployment, { number: BigInt(blockNumber), hash }, now),
    );
    if (!isBack && !isOld) return;
    returns += 1;
    known = undefined;
  });
  return () => {
    listen();
    const ageMs =
      known === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() - known.askedMs;
    if (known === undefined || ageMs > KEPT_MS) return renew();
    // Whoever waits for the next one hears of a failure.
    if (ageMs > RENEW_MS) renew().catch(() => undefined);
    return known;
  };
}

/** Follows the mirror as long as it is called again and again. */
function createEar(
  { clock, heads }: KeepDeps,
  onHeads: (before: Heads, now: Heads) => void,
): () => void {
  let usedMs = 0;
  let before: Heads = new Map();
  let leave: (() => void) | undefined;
  return () => {
    usedMs = clock.monotonicMs();
    leave ??= heads.follow((now) => {
      onHeads(before, now);
      before = now;
      if (clock.monotonicMs() - usedMs < IDLE_MS) return;
      leave?.();
      leave = undefined;
    });
  };
}

/** A reorg took that block back, or it is not told yet. */
function isAhead(
  deployment: number,
  { number, hash }: Pick<Head, "number" | "hash">,
  heads: Heads,
): boolean {
  const head = heads.get(deployment);
  if (head === undefined) return false;
  return head.number < number || (head.number === number && head.hash !== hash);
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
