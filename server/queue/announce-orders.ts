// Writes down that something happened to orders, for whoever wants to hear of it, in the fact's own transaction.
import { formatEventId, formatTicketId } from "../domain/ticket-id.ts";
import type { WebhookType } from "../domain/webhook.ts";
import type { Sql } from "../platform/db/client.ts";
import { randomId } from "../platform/random.ts";

interface OrderRow {
  id: string;
  deployment: number;
  event_id: number;
  buyer: string;
  state: string;
  currency: string;
  total: bigint;
  lines: { ticket: string; label: string; price: string; refund: string | null }[];
  now: Date;
}

/** Costs one look where nobody listens. */
export async function announceOrders(
  sql: Sql,
  { type, orderIds }: { type: WebhookType; orderIds: readonly string[] },
): Promise<void> {
  if (orderIds.length === 0) return;
  const { rows } = await sql.query<OrderRow>({
    name: "announced-orders",
    text: `SELECT o.id, o.deployment, o.event_id, o.buyer, o.state, o.currency, o.total,
                  now() AS now,
                  (SELECT json_agg(json_build_object(
                            'ticket', l.ticket_id::text, 'label', l.label,
                            'price', l.unit_price::text, 'refund', r.state) ORDER BY l.seat)
                   FROM sale.order_line l
                   LEFT JOIN sale.refund_line r ON r.order_id = l.order_id AND r.seat = l.seat
                   WHERE l.order_id = o.id) AS lines
           FROM sale.order o
           WHERE o.id = ANY($1)
             AND EXISTS (SELECT FROM sale.webhook_endpoint e
                         WHERE e.deployment = o.deployment AND e.event_id = o.event_id
                           AND e.state = 'active' AND $2 = ANY(e.types))
           ORDER BY o.id`,
    values: [orderIds, type],
  });
  if (rows.length > 0) await storeMessages(sql, type, rows);
}

async function storeMessages(
  sql: Sql,
  type: WebhookType,
  rows: readonly OrderRow[],
): Promise<void> {
  await sql.query({
    text: `WITH message AS (
             INSERT INTO sale.webhook_message
               (id, deployment, event_id, order_id, type, body)
             SELECT id, deployment, event_id, order_id, $6, body
             FROM unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::text[])
               AS given (id, deployment, event_id, order_id, body)
             RETURNING *)
           INSERT INTO sale.webhook_delivery (endpoint_id, message_id, seq, order_id)
           SELECT e.id, m.id, m.seq, m.order_id
           FROM message m JOIN sale.webhook_endpoint e
             ON e.deployment = m.deployment AND e.event_id = m.event_id
           WHERE e.state = 'active' AND m.type = ANY(e.types)`,
    values: [
      rows.map(() => randomId("msg")),
      rows.map(({ deployment }) => deployment),
      rows.map(({ event_id }) => event_id),
      rows.map(({ id }) => id),
      rows.map((row) => JSON.stringify(bodyOf(type, row))),
      type,
    ],
  });
}

/** As Standard Webhooks has it: what, when, and the thing itself, complete enough to act on. */
function bodyOf(type: WebhookType, row: OrderRow) {
  const { deployment, event_id: eventId } = row;
  return {
    type,
    timestamp: row.now.toISOString(),
    data: {
      orderId: row.id,
      eventId: formatEventId({ deployment, eventId }),
      buyer: row.buyer,
      state: row.state,
      currency: row.currency,
      total: row.total.toString(),
      lines: row.lines.map(({ ticket, ...line }) => ({
        ticketId: formatTicketId({ deployment, ticketId: BigInt(ticket) }),
        ...line,
      })),
    },
  };
}
