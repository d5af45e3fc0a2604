// Reads the audit log from its beginning and names the first row that is not as it was written (I13).
import type { Sql } from "../platform/db/client.ts";
import { type AuditEntry, GENESIS, hashEntry } from "./entry.ts";

export interface AuditVerdict {
  /** Rows that are whole, counted from the first. */
  rows: bigint;
  /**
   * The last whole row's hash. Kept elsewhere, it shows what the chain alone cannot: that its end
   * was cut off, or all of it written anew.
   */
  head: string;
  /** Whether the hash that was kept elsewhere is the one of a whole row; true if none was given. */
  holdsKept: boolean;
  broken: { id: bigint; why: string } | undefined;
}

const ROWS_PER_READ = 5_000;

interface StoredEntry extends AuditEntry {
  hash: string;
}

export async function verifyAudit(
  sql: Sql,
  { rowsPerRead = ROWS_PER_READ, kept }: { rowsPerRead?: number; kept?: string | undefined } = {},
): Promise<AuditVerdict> {
  let rows = 0n;
  let head = GENESIS;
  let holdsKept = kept === undefined || kept === GENESIS;
  for (;;) {
    const page = await readAfter(sql, { id: rows, limit: rowsPerRead });
    for (const entry of page) {
      const why = whyBroken(entry, { id: rows + 1n, previous: head });
      if (why !== undefined) {
        return { rows, head, holdsKept, broken: { id: rows + 1n, why } };
      }
      rows += 1n;
      head = entry.hash;
      holdsKept ||= head === kept;
    }
    if (page.length < rowsPerRead) return { rows, head, holdsKept, broken: undefined };
  }
}

function whyBroken(
  entry: StoredEntry,
  expected: { id: bigint; previous: string },
): string | undefined {
  if (entry.id !== expected.id) return `it is missing; the next row there is ${entry.id}`;
  if (entry.previous !== expected.previous) return "it does not follow from the row before it";
  if (entry.hash !== hashEntry(entry)) return "its hash is not the hash of what it holds";
  return undefined;
}

async function readAfter(
  sql: Sql,
  { id, limit }: { id: bigint; limit: number },
): Promise<StoredEntry[]> {
  const { rows } = await sql.query<StoredEntry>({
    text: `SELECT id, at, actor, act, subject, details, previous, hash
           FROM sale.audit WHERE id > $1 ORDER BY id LIMIT $2`,
    values: [id, limit],
  });
  return rows;
}
