// What became of each message to a receiver, newest first, and sending one again.
import { Refusal } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import type { WebhookType } from "../domain/webhook.ts";
import type { Db } from "../platform/db/client.ts";

export interface Delivery {
  messageId: string;
  seq: bigint;
  type: WebhookType;
  orderId: string;
  state: "waiting" | "delivered" | "failed";
  attempts: number;
  dueAt: Date;
  body: string;
  log: { at: string; status: number | null; error: string | null; tookMs: number }[];
}

interface DeliveryRow extends Pick<Delivery, "seq" | "type" | "state" | "attempts" | "body"> {
  message_id: string;
  order_id: string;
  due_at: Date;
  log: Delivery["log"] | null;
}

export interface EndpointRef {
  event: EventRef;
  id: string;
}

/** `before` is the seq of the last one that the caller has. */
export async function listDeliveries(
  { db }: { db: Db },
  { endpoint, before, limit }: { endpoint: EndpointRef; before?: bigint; limit: number },
): Promise<Delivery[]> {
  const { rows } = await db.query<DeliveryRow>({
    text: `SELECT d.message_id, d.seq, m.type, d.order_id, d.state, d.attempts, d.due_at, m.body,
                  (SELECT json_agg(json_build_object('at', a.at, 'status', a.status,
                            'error', a.error, 'tookMs', a.took_ms) ORDER BY a.id)
                   FROM sale.webhook_attempt a
                   WHERE a.endpoint_id = d.endpoint_id AND a.message_id = d.message_id) AS log
           FROM sale.webhook_delivery d
           JOIN sale.webhook_message m ON m.id = d.message_id
           JOIN sale.webhook_endpoint e ON e.id = d.endpoint_id
           WHERE e.id = $1 AND e.deployment = $2 AND e.event_id = $3
             AND ($4::bigint IS NULL OR d.seq < $4)
           ORDER BY d.seq DESC LIMIT $5`,
    values: [...keyOf(endpoint), before ?? null, limit],
  });
  return rows.map((row) => ({
    messageId: row.message_id,
    seq: row.seq,
    type: row.type,
    orderId: row.order_id,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.due_at,
    body: row.body,
    log: row.log ?? [],
  }));
}

/** The same id and body, with all of its attempts ahead; what is on its way is due at once. */
export async function resend(
  { db }: { db: Db },
  { endpoint, messageId }: { endpoint: EndpointRef; messageId: string },
): Promise<void> {
  const { rowCount } = await db.query({
    text: `UPDATE sale.webhook_delivery d SET state = 'waiting', attempts = 0, due_at = now()
           FROM sale.webhook_endpoint e
           WHERE e.id = d.endpoint_id AND e.id = $1 AND e.deployment = $2 AND e.event_id = $3
             AND e.state = 'active' AND d.message_id = $4`,
    values: [...keyOf(endpoint), messageId],
  });
  if (rowCount === 0) {
    throw new Refusal("request/not-found", "There is no such message to an active receiver.");
  }
}

function keyOf({ event, id }: EndpointRef) {
  return [id, event.deployment, event.eventId];
}
