// Ends refunds whose money the payer's bank has taken already: the tickets stay void, nobody is paid twice.
import type { Sql } from "../../platform/db/client.ts";

/**
 * Of an order whose dispute was lost; what is being paid at this moment is the provider's to
 * refuse.
 */
export async function dropPayer(sql: Sql, orderId: string): Promise<void> {
  await sql.query({
    text: `UPDATE sale.refund SET cause = 'dispute', updated_at = now()
           WHERE order_id = $1 AND state = 'voiding'`,
    values: [orderId],
  });
  await sql.query({
    text: `WITH refused AS (
             UPDATE sale.refund SET state = 'paying', amount = 0, due_at = now(),
                    updated_at = now()
             WHERE order_id = $1 AND state = 'attention' AND paid_at IS NULL RETURNING id)
           UPDATE sale.refund_line SET state = 'paid', pays = 'nobody', updated_at = now()
           WHERE refund_id IN (SELECT id FROM refused) AND state = 'voided' AND pays = 'payer'`,
    values: [orderId],
  });
}
