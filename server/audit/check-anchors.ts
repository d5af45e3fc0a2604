// Holds the audit log against its anchors on chain, and names the first stretch that was changed since (I13).
import { TransactionNotFoundError } from "viem";
import { type Chain, type Chains, onChain } from "../platform/chain.ts";
import type { Sql } from "../platform/db/client.ts";
import { type Anchor, decodeAnchor } from "./anchor-data.ts";

export interface AnchorVerdict {
  /** Anchors that hold, counted from the first. */
  anchors: number;
  /** So many rows are as they were when the last of those was written. */
  rows: bigint;
  broken: { anchor: number; fromRow: bigint; toRow: bigint; why: string } | undefined;
}

const ANCHORS_PER_READ = 500;

interface StoredAnchor {
  deployment: number;
  number: number;
  hash: `0x${string}`;
}

/**
 * Of the database only the transactions' hashes are taken: what they say, the chain says. One that
 * was kept elsewhere shows that the rows of the anchors themselves were taken away.
 */
export async function checkAnchors(
  { sql, chains }: { sql: Sql; chains: Chains },
  { kept }: { kept?: `0x${string}` | undefined } = {},
): Promise<AnchorVerdict> {
  let held: Anchor = { number: 0, rows: 0n, head: "" };
  for (;;) {
    const page = await readAfter(sql, held.number);
    for (const stored of page) {
      const anchor = await readAnchor(chains.get(stored.deployment), stored.hash);
      const why = await whyBroken(sql, { held, anchor });
      if (why !== undefined) return verdict(held, anchor, why);
      if (anchor !== undefined) held = anchor;
    }
    if (page.length < ANCHORS_PER_READ) break;
  }
  if (kept === undefined) return verdict(held);
  const anchor = await findAnchor(chains, kept);
  if (anchor === undefined) return verdict(held, undefined, "what was kept is no anchor");
  const before = { ...held, number: anchor.number - 1, rows: 0n };
  const why = await whyBroken(sql, { held: before, anchor });
  if (why !== undefined) return verdict({ ...held, rows: 0n }, anchor, why);
  if (anchor.number <= held.number) return verdict(held);
  return verdict(held, anchor, "the database does not know this anchor any more");
}

function verdict({ number, rows }: Anchor, anchor?: Anchor, why?: string): AnchorVerdict {
  const toRow = anchor?.rows ?? rows;
  const broken =
    why === undefined
      ? undefined
      : { anchor: anchor?.number ?? number + 1, fromRow: rows + 1n, toRow, why };
  return { anchors: number, rows, broken };
}

async function whyBroken(
  sql: Sql,
  { held, anchor }: { held: Anchor; anchor: Anchor | undefined },
): Promise<string | undefined> {
  if (anchor === undefined) return "its transaction says something else, or is not on the chain";
  if (anchor.number !== held.number + 1) return `it is anchor ${anchor.number} on the chain`;
  const { rows } = await sql.query<{ hash: string }>({
    text: "SELECT hash FROM sale.audit WHERE id = $1",
    values: [anchor.rows],
  });
  const [row] = rows;
  if (row === undefined) return `row ${anchor.rows} was there and is not any more`;
  return row.hash === anchor.head ? undefined : `row ${anchor.rows} had another hash`;
}

async function readAfter(sql: Sql, number: number): Promise<StoredAnchor[]> {
  const { rows } = await sql.query<StoredAnchor>({
    text: `SELECT job.deployment, (payload->>'number')::int AS number, tx_hash AS hash
           FROM sale.chain_job job
           WHERE kind = 'anchor' AND state IN ('included', 'done')
             AND (payload->>'number')::int > $1
           ORDER BY (payload->>'number')::int LIMIT $2`,
    values: [number, ANCHORS_PER_READ],
  });
  return rows;
}

async function readAnchor(
  chain: Chain | undefined,
  hash: `0x${string}`,
): Promise<Anchor | undefined> {
  if (chain === undefined) return undefined;
  try {
    const { input } = await onChain(() => chain.client.getTransaction({ hash }));
    return decodeAnchor(input);
  } catch (error) {
    if (error instanceof TransactionNotFoundError) return undefined;
    throw error;
  }
}

async function findAnchor(chains: Chains, hash: `0x${string}`): Promise<Anchor | undefined> {
  for (const chain of chains.values()) {
    const anchor = await readAnchor(chain, hash);
    if (anchor !== undefined) return anchor;
  }
  return undefined;
}
