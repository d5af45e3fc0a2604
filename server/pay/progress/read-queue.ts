// An event's tickets on their way to the chain, as their organiser sees them: nobody's wallet is named.
import type { z } from "zod";
import type { QueueResponse } from "../../api/queue-view.ts";
import { Refusal } from "../../domain/failure.ts";
import type { MintLineState } from "../../domain/order.ts";
import type { RefundLineState } from "../../domain/refund.ts";
import { type EventRef, formatEventId, formatTicketId } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";

type Queue = z.output<typeof QueueResponse>;

const ATTENTION_LISTED_MAX = 200;
/** Four a lane, and more keys than anybody has. */
const BATCHES_LISTED_MAX = 200;

/** An event's tickets are neighbours in the index: its id is the highest bits of theirs. */
const OF_EVENT = `line.ticket_id >= ($2::bigint << 40) AND line.ticket_id < (($2::bigint + 1) << 40)`;

export async function readQueue(sql: Sql, event: EventRef): Promise<Queue> {
  const [lines, batches, fees, attention] = await Promise.all([
    readCounts(sql, event),
    readBatches(sql, event),
    readFees(sql, event),
    readAttention(sql, event),
  ]);
  return { ...lines, batches, fees, attention };
}

async function readCounts(
  sql: Sql,
  event: EventRef,
): Promise<Pick<Queue, "counts" | "oldestSeconds">> {
  const { deployment, eventId } = event;
  const { rows } = await sql.query<{ state: MintLineState | null; count: number; age: number }>({
    name: "queue-counts",
    // The event itself in front: one that nobody has bought for has a queue that is empty.
    text: `SELECT line.state, count(line.id)::int AS count,
                  floor(extract(epoch FROM now() - min(line.created_at)))::int AS age
           FROM sale.event e LEFT JOIN sale.mint_line line
             ON line.deployment = $1 AND ${OF_EVENT}
           WHERE e.deployment = $1 AND e.id = $2 GROUP BY line.state`,
    values: [deployment, eventId],
  });
  if (rows.length === 0) {
    throw new Refusal("request/not-found", `There is no event ${formatEventId(event)}.`);
  }
  const counts = { queued: 0, sent: 0, minted: 0, attention: 0, withdrawn: 0 };
  for (const { state, count } of rows) if (state !== null) counts[state] = count;
  const ages = rows.filter(({ state }) => state === "queued" || state === "sent");
  const oldestSeconds = ages.length === 0 ? null : Math.max(0, ...ages.map(({ age }) => age));
  return { counts, oldestSeconds };
}

async function readBatches(sql: Sql, { deployment, eventId }: EventRef): Promise<Queue["batches"]> {
  const { rows } = await sql.query<{
    hash: string;
    tickets: number;
    sent_at: Date | null;
    bids: number;
    fee_max: bigint;
  }>({
    name: "queue-batches",
    text: `SELECT tx.hash, count(*)::int AS tickets, tx.sent_at, tx.fee_max,
                  (SELECT count(*)::int FROM sale.tx_bid bid WHERE bid.tx_id = tx.id) AS bids
           FROM sale.mint_line line JOIN sale.chain_tx tx ON tx.id = line.tx_id
           WHERE line.deployment = $1 AND ${OF_EVENT} AND line.state = 'sent'
             AND tx.state IN ('signed', 'sent')
           GROUP BY tx.id ORDER BY tx.id LIMIT $3`,
    values: [deployment, eventId, BATCHES_LISTED_MAX],
  });
  return rows.map(({ hash: txHash, tickets, sent_at: sentAt, bids, fee_max: feeMax }) => ({
    ...{ txHash, tickets, bids, feeMax: feeMax.toString() },
    sentAt: sentAt?.toISOString() ?? null,
  }));
}

async function readFees(sql: Sql, { deployment, eventId }: EventRef): Promise<Queue["fees"]> {
  const { rows } = await sql.query<{ tickets: number; fee_max: bigint }>({
    name: "queue-fees",
    text: `SELECT coalesce(sum(tickets), 0)::int AS tickets, coalesce(sum(fee_max), 0) AS fee_max
           FROM (SELECT count(*) AS tickets, tx.fee_max
                 FROM sale.mint_line line JOIN sale.chain_tx tx ON tx.id = line.tx_id
                 WHERE line.deployment = $1 AND ${OF_EVENT}
                   AND tx.state IN ('signed', 'sent', 'included')
                 GROUP BY tx.id) AS batch`,
    values: [deployment, eventId],
  });
  const { tickets = 0, fee_max: feeMax = 0n } = rows[0] ?? {};
  return { tickets, feeMax: feeMax.toString() };
}

async function readAttention(
  sql: Sql,
  { deployment, eventId }: EventRef,
): Promise<Queue["attention"]> {
  const { rows } = await sql.query<{
    order_id: string;
    ticket_id: bigint;
    label: string;
    reason: string | null;
    updated_at: Date;
    refund: RefundLineState | null;
  }>({
    name: "queue-attention",
    text: `SELECT line.order_id, line.ticket_id, l.label, line.reason, line.updated_at,
                  r.state AS refund
           FROM sale.mint_line line
           JOIN sale.order_line l ON l.order_id = line.order_id AND l.ticket_id = line.ticket_id
           LEFT JOIN sale.refund_line r ON r.order_id = l.order_id AND r.seat = l.seat
           WHERE line.deployment = $1 AND ${OF_EVENT} AND line.state = 'attention'
           ORDER BY line.updated_at, line.id LIMIT $3`,
    values: [deployment, eventId, ATTENTION_LISTED_MAX],
  });
  return rows.map((row) => ({
    ...{ orderId: row.order_id, label: row.label, reason: row.reason, refund: row.refund },
    ticketId: formatTicketId({ deployment, ticketId: row.ticket_id }),
    since: row.updated_at.toISOString(),
    refundPath: mayRefund(row.refund) ? `/v1/orders/${row.order_id}/refunds` : null,
  }));
}

/** One that was refused left the ticket as it was. */
function mayRefund(refund: RefundLineState | null): boolean {
  return refund === null || refund === "refused";
}
