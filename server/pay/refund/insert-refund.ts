// Writes down that tickets of an order are taken back; from then on no door of ours admits them.
import type { RefundCause } from "../../domain/refund.ts";
import type { Sql } from "../../platform/db/client.ts";
import { lockEntry } from "../../platform/db/entry-lock.ts";
import { randomId } from "../../platform/random.ts";

export interface RefundWish {
  orderId: string;
  ticketIds: readonly bigint[];
  cause: RefundCause;
  reason: string;
  /** A wallet, or the name of who asked by itself. */
  askedBy: string;
}

/**
 * The order is locked by the caller. Tickets that are taken back already, or were admitted, are
 * left out; undefined where none is left.
 */
export async function insertRefund(sql: Sql, wish: RefundWish): Promise<string | undefined> {
  const { orderId, ticketIds, cause, reason, askedBy } = wish;
  if (ticketIds.length === 0) return undefined;
  const { rows } = await sql.query<{ deployment: number }>({
    text: "SELECT deployment FROM sale.order WHERE id = $1",
    values: [orderId],
  });
  // A door that admits one of them at this moment is waited for, and then seen.
  await lockEntry(sql, { deployment: rows[0]?.deployment ?? 0, ticketIds });
  const refundId = randomId("rfd");
  const inserted = await sql.query({
    text: `WITH given AS (
             SELECT line.order_id, line.seat, line.ticket_id, line.unit_price, o.deployment,
                    o.event_id, o.currency
             FROM sale.order_line line JOIN sale.order o ON o.id = line.order_id
             WHERE line.order_id = $1 AND line.ticket_id = ANY ($6)
               AND NOT EXISTS (SELECT 1 FROM sale.admission
                               WHERE admission.deployment = o.deployment
                                 AND admission.ticket_id = line.ticket_id)
               AND NOT EXISTS (SELECT 1 FROM sale.refund_line before
                               WHERE before.order_id = line.order_id
                                 AND before.seat = line.seat)),
           refund AS (
             INSERT INTO sale.refund
               (id, deployment, event_id, order_id, payment_id, cause, reason, asked_by, currency)
             SELECT DISTINCT $2, deployment, event_id, order_id,
                    (SELECT id FROM sale.payment WHERE order_id = $1 AND state = 'captured'),
                    $3, $4, $5, currency
             FROM given RETURNING id)
           INSERT INTO sale.refund_line
             (order_id, seat, refund_id, deployment, event_id, ticket_id, amount)
           SELECT order_id, seat, id, deployment, event_id, ticket_id, unit_price
           FROM given, refund`,
    values: [orderId, refundId, cause, reason, askedBy, ticketIds],
  });
  return (inserted.rowCount ?? 0) > 0 ? refundId : undefined;
}
