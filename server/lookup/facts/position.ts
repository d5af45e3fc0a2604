// Where a reader of facts is: the same words in every process, and true only while the chain has that block.
import { Refusal } from "../../domain/failure.ts";
import type { Sql } from "../../platform/db/client.ts";

export interface Block {
  number: bigint;
  hash: string;
}

export interface Position extends Block {
  deployment: number;
  /** Of the last fact that was read; without it, all of the block was. */
  fact?: { log: number; part: number } | undefined;
}

const POSITION = /^(\d{1,4})\.(\d{1,15})\.(0x[0-9a-f]{64})(?:\.(\d{1,9})\.(\d{1,9}))?$/;

export function formatPosition({ deployment, number, hash, fact }: Position): string {
  const block = `${deployment}.${number}.${hash}`;
  return fact === undefined ? block : `${block}.${fact.log}.${fact.part}`;
}

export function parsePosition(text: string, deployment: number): Position {
  const [, of, number = "", hash = "", log, part] = POSITION.exec(text) ?? [];
  if (of === undefined || Number(of) !== deployment) {
    throw new Refusal("request/invalid", "The last event's id is none of these facts.", {
      errors: [{ pointer: "/header/last-event-id", detail: "is no position of this deployment" }],
    });
  }
  const fact = log === undefined ? undefined : { log: Number(log), part: Number(part) };
  return { deployment, number: BigInt(number), hash, fact };
}

/**
 * "here": the mirror has that block. A block: it was taken back, and this is the newest one below
 * it that was not. "lost": nobody knows it.
 */
export type Standing = "here" | "lost" | Block;

/** What is final and forgotten is still here: had it been taken back, it would be an orphan. */
export async function findStanding(
  db: Sql,
  { deployment, number, hash }: Position,
): Promise<Standing> {
  const { rows } = await db.query<{
    here: string | null;
    final_number: bigint;
    number: bigint | null;
    hash: string | null;
    kept: string | null;
  }>({
    name: "standing-of-position",
    text: `WITH RECURSIVE gone AS (
             SELECT number, parent_hash FROM mirror.orphan
             WHERE deployment = $1 AND number = $2 AND hash = $3
             UNION ALL
             SELECT orphan.number, orphan.parent_hash FROM gone JOIN mirror.orphan
               ON orphan.deployment = $1 AND orphan.number = gone.number - 1
                 AND orphan.hash = gone.parent_hash
             WHERE NOT EXISTS (SELECT 1 FROM mirror.block WHERE deployment = $1
               AND number = orphan.number AND hash = orphan.hash)
           )
           SELECT block.hash AS here, final_number, lowest.number - 1 AS number,
                  lowest.parent_hash AS hash, below.hash AS kept
           FROM mirror.cursor
           LEFT JOIN mirror.block ON block.deployment = $1 AND block.number = $2
           LEFT JOIN LATERAL (SELECT * FROM gone ORDER BY number LIMIT 1) AS lowest ON true
           LEFT JOIN mirror.block AS below
             ON below.deployment = $1 AND below.number = lowest.number - 1
           WHERE cursor.deployment = $1`,
    values: [deployment, number, hash],
  });
  const [row] = rows;
  if (row === undefined) return "lost";
  if (row.here === hash) return "here";
  const { number: ancestor, hash: ancestorHash, kept, final_number: final } = row;
  if (ancestor === null || ancestorHash === null) {
    return row.here === null && number <= final ? "here" : "lost";
  }
  const isKnown = kept === null ? ancestor <= final : kept === ancestorHash;
  return isKnown ? { number: ancestor, hash: ancestorHash } : "lost";
}
