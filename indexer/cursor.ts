// How far the mirror of a deployment has come, and the recent headers that it stands on.
import type { Chain } from "#server/platform/chain.ts";
import type { Db, Sql } from "#server/platform/db/client.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import type { Header } from "./header.ts";

export interface Block {
  number: bigint;
  hash: string;
}

/** What the chain says of its own blocks, besides that they are there. */
export interface Settled {
  finalNumber: bigint;
  safeNumber: bigint;
}

export interface Cursor extends Block {
  finalNumber: bigint;
  /** Since the mirror was last as new as the chain, by the clock of the database. */
  ageMs: number;
}

/** A local chain may lose so many blocks in a restart; deeper, it is rewound from its start. */
const LOCAL_BLOCKS_KEPT = 64n;

/** The oldest block that a reorg may still leave in place: what came after it can be taken back. */
export function keptFrom({ deployment }: Chain, head: bigint, finalNumber: bigint): bigint {
  if (deployment.chainId !== LOCAL_CHAIN_ID) return finalNumber;
  const deep = head - LOCAL_BLOCKS_KEPT;
  return finalNumber < deep ? finalNumber : deep;
}

/** undefined before the first block is mirrored. */
export async function readCursor(db: Sql, chain: Chain): Promise<Cursor | undefined> {
  const { id, chainId, tickets } = chain.deployment;
  const { rows } = await db.query<{
    chain_id: number;
    address: string;
    block_number: bigint;
    block_hash: string;
    final_number: bigint;
    age_ms: number;
  }>({
    text: `SELECT chain_id, address, block_number, block_hash, final_number,
                  (extract(epoch FROM now() - updated_at) * 1000)::float8 AS age_ms
           FROM cursor WHERE deployment = $1`,
    values: [id],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  if (row.chain_id !== chainId || row.address !== tickets) {
    throw new Error(
      `The mirror of deployment ${id} is of ${row.address} on chain ${row.chain_id}: ` +
        "give the new contract an id of its own in DEPLOYMENTS.",
    );
  }
  return {
    number: row.block_number,
    hash: row.block_hash,
    finalNumber: row.final_number,
    ageMs: row.age_ms,
  };
}

/**
 * Moves the cursor from where it was read to the new head, and
 * locks it for the transaction. False when
 * another indexer has moved it meanwhile: of two that run side by side, one writes each block.
 */
export async function advanceCursor(
  sql: Sql,
  step: {
    chain: Chain;
    from: Block | undefined;
    head: Block;
    settled: Settled;
    /** How far the chain itself is. */
    newest: bigint;
  },
): Promise<boolean> {
  const { chain, from, head, newest } = step;
  const { finalNumber, safeNumber } = step.settled;
  const { id, chainId, tickets } = chain.deployment;
  const moved =
    from === undefined
      ? await sql.query({
          text: `INSERT INTO cursor
                   (deployment, chain_id, address, block_number, block_hash, final_number,
                    head_number, safe_number)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (deployment) DO NOTHING`,
          values: [id, chainId, tickets, head.number, head.hash, finalNumber, newest, safeNumber],
        })
      : await sql.query({
          name: "mirror-advance-cursor",
          text: `UPDATE cursor
                 SET block_number = $2::bigint, block_hash = $3, final_number = $4,
                     head_number = $6::bigint, safe_number = $7,
                     updated_at = CASE WHEN $2::bigint = $6::bigint THEN now() ELSE updated_at END
                 WHERE deployment = $1 AND block_hash = $5`,
          values: [id, head.number, head.hash, finalNumber, from.hash, newest, safeNumber],
        });
  return moved.rowCount === 1;
}

/** Says that the mirror is as new as the chain although no block came. */
export async function touchCursor(
  db: Db,
  deployment: number,
  { finalNumber, safeNumber }: Settled,
): Promise<void> {
  await db.query({
    name: "mirror-touch-cursor",
    text: `UPDATE cursor SET updated_at = now(), final_number = $2, safe_number = $3,
             head_number = block_number
           WHERE deployment = $1`,
    values: [deployment, finalNumber, safeNumber],
  });
}

/**
 * Of the headers taken in, those from `since` on are kept, and the newest. None is an orphan any
 * more: a block that one reorg took and another gave back would be one for ever once it is pruned.
 */
export async function writeHeaders(
  sql: Sql,
  deployment: number,
  { headers, since }: { headers: readonly Header[]; since: bigint },
): Promise<void> {
  const newest = headers.at(-1);
  const kept = headers.filter((header) => header.number >= since || header === newest);
  await sql.query({
    name: "mirror-insert-blocks",
    text: `WITH back AS (
             DELETE FROM orphan
             WHERE deployment = $1 AND number BETWEEN $6 AND $7 AND hash = ANY($8::text[])
           )
           INSERT INTO block (deployment, number, hash, parent_hash, mined_at)
           SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::timestamptz[])`,
    values: [
      deployment,
      kept.map(({ number }) => number),
      kept.map(({ hash }) => hash),
      kept.map(({ parentHash }) => parentHash),
      kept.map(({ minedAt }) => minedAt),
      headers[0]?.number,
      newest?.number,
      headers.map(({ hash }) => hash),
    ],
  });
}

/** What no reorg can reach any more. */
export async function prune(sql: Sql, deployment: number, keptFrom: bigint): Promise<void> {
  await sql.query({
    name: "mirror-prune",
    text: `WITH gone AS (DELETE FROM block WHERE deployment = $1 AND number < $2)
           DELETE FROM undo WHERE deployment = $1 AND block_number <= $2`,
    values: [deployment, keptFrom],
  });
}

/** What the mirror knows a block as; undefined for one that it has not or no longer. */
export async function readHash(
  db: Sql,
  deployment: number,
  number: bigint,
): Promise<string | undefined> {
  const { rows } = await db.query<{ hash: string }>({
    text: "SELECT hash FROM block WHERE deployment = $1 AND number = $2",
    values: [deployment, number],
  });
  return rows[0]?.hash;
}

export async function readHashes(db: Sql, deployment: number): Promise<Block[]> {
  const { rows } = await db.query<Block>({
    text: "SELECT number, hash FROM block WHERE deployment = $1 ORDER BY number DESC",
    values: [deployment],
  });
  return rows;
}
