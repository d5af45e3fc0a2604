// An order of the caller's, with how far each of its tickets has come.
import type { z } from "zod";
import type { OrderResponse } from "../api/order.ts";
import { Refusal } from "../domain/failure.ts";
import type { DisputeState, OrderState } from "../domain/order.ts";
import type { RefundLineState } from "../domain/refund.ts";
import { formatEventId, formatTicketId } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { IS_LAPSED, LINE_COLUMNS, LINE_JOINS } from "./progress/line-sql.ts";
import { type LineRow as ProgressRow, stageOfRow } from "./progress/read-progress.ts";

interface OrderRow {
  id: string;
  deployment: number;
  event_id: number;
  buyer: string;
  state: OrderState;
  currency: string;
  total: bigint;
  created_at: Date;
  expires_at: Date;
  paid_at: Date | null;
  lapsed: boolean;
  dispute: DisputeState | null;
}

interface LineRow extends ProgressRow {
  label: string;
  ticket_id: bigint;
  unit_price: bigint;
  refund: RefundLineState | null;
  moved_from_seat: bigint | null;
  moved_from: string | null;
  moved_at: Date | null;
}

export type OrderAnswer = z.output<typeof OrderResponse>;

export async function readOrder(
  db: Sql,
  { orderId, buyer }: { orderId: string; buyer: string },
): Promise<OrderAnswer> {
  const { rows } = await db.query<OrderRow>({
    name: "order-by-id",
    text: `SELECT o.id, o.deployment, o.event_id, o.buyer, o.state, o.currency, o.total,
                  o.created_at, o.expires_at, o.paid_at, ${IS_LAPSED} AS lapsed,
                  (SELECT d.state FROM sale.dispute d WHERE d.order_id = o.id
                   ORDER BY d.state = 'lost' DESC, d.state = 'open' DESC, d.id LIMIT 1) AS dispute
           FROM sale.order o WHERE o.id = $1 AND o.buyer = $2`,
    values: [orderId, buyer],
  });
  const order = rows[0];
  // Somebody else's order and one that never was look the same from outside.
  if (order === undefined) throw new Refusal("request/not-found", `There is no order ${orderId}.`);
  const lines = await db.query<LineRow>({
    name: "order-lines",
    text: `SELECT ${LINE_COLUMNS}, l.label, l.ticket_id, l.unit_price, r.state AS refund,
                  l.moved_from_seat, l.moved_from, l.moved_at
           FROM sale.order_line l ${LINE_JOINS}
           LEFT JOIN sale.refund_line r ON r.order_id = l.order_id AND r.seat = l.seat
           WHERE l.order_id = $1 ORDER BY l.seat`,
    values: [orderId],
  });
  return presentOrder(order, lines.rows);
}

export function presentOrder(order: OrderRow, lines: readonly LineRow[]): OrderAnswer {
  return {
    id: order.id,
    eventId: formatEventId({ deployment: order.deployment, eventId: order.event_id }),
    buyer: order.buyer,
    // The sweep writes it down within seconds; a fan who looks now is told now.
    state: order.lapsed ? "expired" : order.state,
    total: order.total.toString(),
    currency: order.currency,
    createdAt: order.created_at.toISOString(),
    expiresAt: order.expires_at.toISOString(),
    paidAt: order.paid_at?.toISOString() ?? null,
    dispute: order.dispute,
    lines: lines.map((line) => ({
      seat: Number(line.seat),
      label: line.label,
      ticketId: formatTicketId({ deployment: order.deployment, ticketId: line.ticket_id }),
      price: line.unit_price.toString(),
      mint: line.mint ?? "none",
      stage: stageOfRow(line),
      txHash: line.tx_hash,
      refund: line.refund,
      movedFrom: movedFrom(line),
    })),
  };
}

/** The columns are set together or not at all. */
function movedFrom({ moved_from_seat: seat, moved_from: label, moved_at: at }: LineRow) {
  if (seat === null || label === null || at === null) return null;
  return { seat: Number(seat), label, at: at.toISOString() };
}
