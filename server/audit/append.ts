// Writes an audited act as the next row of the log, in the transaction of the act itself (I13).
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import { type AuditEntry, type AuditedAct, GENESIS, hashEntry } from "./entry.ts";

/**
 * The last statement of its transaction: the log has one end, and whoever holds it must not wait
 * for other locks.
 */
export async function appendAudit(
  sql: Sql,
  { clock }: { clock: Clock },
  act: AuditedAct,
): Promise<void> {
  await sql.query({ text: "SELECT pg_advisory_xact_lock(hashtextextended('sale.audit', 0))" });
  const { rows } = await sql.query<{ id: bigint; hash: string }>({
    text: "SELECT id, hash FROM sale.audit ORDER BY id DESC LIMIT 1",
  });
  const [last] = rows;
  const entry: AuditEntry = {
    ...act,
    id: (last?.id ?? 0n) + 1n,
    at: clock.now(),
    previous: last?.hash ?? GENESIS,
  };
  await sql.query({
    text: `INSERT INTO sale.audit (id, at, actor, act, subject, details, previous, hash)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      ...[entry.id, entry.at, entry.actor, entry.act, entry.subject],
      ...[JSON.stringify(entry.details), entry.previous, hashEntry(entry)],
    ],
  });
}
