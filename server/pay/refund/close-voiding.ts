// Fixes what goes back to the payer, once no ticket of a refund can enter any more.
import type { Db, Sql } from "../../platform/db/client.ts";

const REFUNDS_PER_ROUND = 500;

/**
 * The amount is written down before anybody is asked to pay it, so that each try asks for the same.
 * What goes to a holder waits for the organiser's fund; what nobody is owed is settled.
 */
export async function closeVoiding(db: Db): Promise<void> {
  await db.transaction(async (sql) => {
    const { rows } = await sql.query<{ id: string }>({
      text: `SELECT id FROM sale.refund
             WHERE state = 'voiding' AND NOT EXISTS (
               SELECT 1 FROM sale.refund_line line
               WHERE line.refund_id = refund.id AND line.state IN ('asked', 'sent'))
             ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`,
      values: [REFUNDS_PER_ROUND],
    });
    const ids = rows.map(({ id }) => id);
    if (ids.length > 0) await fixAmounts(sql, ids);
  });
}

async function fixAmounts(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.query({
    text: `UPDATE sale.refund
           SET state = 'paying', due_at = now(), updated_at = now(),
               amount = coalesce((SELECT sum(line.amount) FROM sale.refund_line line
                                  WHERE line.refund_id = refund.id AND line.state = 'voided'
                                    AND line.pays = 'payer'), 0)
           WHERE id = ANY ($1)`,
    values: [ids],
  });
  await sql.query({
    text: `UPDATE sale.refund_line
           SET state = CASE pays WHEN 'holder' THEN 'waiting' ELSE 'paid' END,
               tx_id = CASE pays WHEN 'holder' THEN NULL ELSE tx_id END, updated_at = now()
           WHERE refund_id = ANY ($1) AND state = 'voided' AND pays <> 'payer'`,
    values: [ids],
  });
}
