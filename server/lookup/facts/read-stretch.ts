// A stretch of the chain's facts after a place, and whether the chain still has that place: seen at one moment.
import type { Sql } from "../../platform/db/client.ts";
import type { Head } from "../mirror-heads.ts";
import { FACTS, type FactRow } from "./fact-rows.ts";
import type { Block, Position } from "./position.ts";

/**
 * "here": the mirror has that block. A block: it was taken back, and this is the newest one below
 * it that was not. "lost": nobody knows it.
 */
export type Standing = "here" | "lost" | Block;

export interface Stretch {
  standing: Standing;
  /** How far the mirror was. */
  head: Head;
  /** The mirror had the block `until`, so that without more rows all up to it is read. */
  reaches: boolean;
  rows: FactRow[];
}

interface Seen extends Omit<FactRow, "kind"> {
  /** Null where there is no fact. */
  kind: FactRow["kind"] | null;
  here: string | null;
  head_number: bigint;
  head_hash: string;
  final_number: bigint;
  ancestor_number: bigint | null;
  ancestor_hash: string | null;
  kept_hash: string | null;
  reaches: boolean;
}

/** After the last log that a block can have. */
const LAST = 2 ** 31 - 1;
/** After the last block. */
const NO_END = 2n ** 62n;

/**
 * In one statement: a reorg there and back again between two would leave the facts of the branch
 * between to whom nobody tells to forget them. What is final and forgotten is still here: had it
 * been taken back, it would be an orphan.
 */
const TEXT = `WITH RECURSIVE gone AS (
    SELECT number, parent_hash FROM mirror.orphan
    WHERE deployment = $1 AND number = $2 AND hash = $7
    UNION ALL
    SELECT orphan.number, orphan.parent_hash FROM gone JOIN mirror.orphan
      ON orphan.deployment = $1 AND orphan.number = gone.number - 1
        AND orphan.hash = gone.parent_hash
    WHERE NOT EXISTS (SELECT 1 FROM mirror.block WHERE deployment = $1
      AND number = orphan.number AND hash = orphan.hash)
  )
  SELECT here.hash AS here, cursor.block_number AS head_number, cursor.block_hash AS head_hash,
    cursor.final_number, lowest.number - 1 AS ancestor_number,
    lowest.parent_hash AS ancestor_hash, below.hash AS kept_hash,
    coalesce(goal.hash = $8, $5 <= cursor.final_number AND NOT EXISTS (
      SELECT 1 FROM mirror.orphan WHERE deployment = $1 AND number = $5 AND hash = $8)) AS reaches,
    facts.*
  FROM mirror.cursor
  LEFT JOIN mirror.block AS here ON here.deployment = $1 AND here.number = $2
  LEFT JOIN mirror.block AS goal ON goal.deployment = $1 AND goal.number = $5
  LEFT JOIN LATERAL (SELECT * FROM gone ORDER BY number LIMIT 1) AS lowest ON true
  LEFT JOIN mirror.block AS below
    ON below.deployment = $1 AND below.number = lowest.number - 1
  LEFT JOIN (${FACTS}) AS facts ON true
  WHERE cursor.deployment = $1`;

/** Up to the head without `until`; undefined while the mirror is empty. */
export async function readStretch(
  db: Sql,
  { after, until, limit }: { after: Position; until?: Block; limit: number },
): Promise<Stretch | undefined> {
  const { deployment, number, hash, fact = { log: LAST, part: 0 } } = after;
  const { number: last, hash: goal } = until ?? { number: NO_END, hash: "" };
  const { rows } = await db.query<Seen>({
    name: "facts-after",
    text: TEXT,
    values: [deployment, number, fact.log, fact.part, last, limit, hash, goal],
  });
  const [seen] = rows;
  if (seen === undefined) return undefined;
  const { head_number, head_hash, final_number: finalNumber, reaches } = seen;
  return {
    standing: standingOf(after, seen),
    head: { number: head_number, hash: head_hash, finalNumber },
    reaches,
    rows: rows.filter((row): row is Seen & FactRow => row.kind !== null).sort(byPlace),
  };
}

/** They come in this order, which SQL does not promise; sorting them there takes a fourth more. */
function byPlace(one: FactRow, other: FactRow): number {
  if (one.block_number !== other.block_number) {
    return one.block_number < other.block_number ? -1 : 1;
  }
  return one.log_index - other.log_index || one.part - other.part;
}

function standingOf({ number, hash }: Block, seen: Seen): Standing {
  // Before the first block there is nothing to take back.
  if (number < 0n || seen.here === hash) return "here";
  const { final_number: final, ancestor_number: ancestor, ancestor_hash: ancestorHash } = seen;
  if (ancestor === null || ancestorHash === null) {
    return seen.here === null && number <= final ? "here" : "lost";
  }
  const isKnown = seen.kept_hash === null ? ancestor <= final : seen.kept_hash === ancestorHash;
  return isKnown ? { number: ancestor, hash: ancestorHash } : "lost";
}
