// An order of the caller's, with how far each of its tickets has come.
import type { z } from "zod";
import type { OrderResponse } from "../api/order.ts";
import { Refusal } from "../domain/failure.ts";
import type { MintLineState, OrderState } from "../domain/order.ts";
import { formatEventId, formatTicketId } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";

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
}

interface LineRow {
  seat: bigint;
  label: string;
  ticket_id: bigint;
  unit_price: bigint;
  mint: MintLineState | null;
  tx_hash: string | null;
}

export async function readOrder(
  db: Sql,
  { orderId, buyer }: { orderId: string; buyer: string },
): Promise<z.output<typeof OrderResponse>> {
  const { rows } = await db.query<OrderRow>({
    name: "order-by-id",
    text: `SELECT *, state = 'claimed' AND expires_at <= now() AS lapsed
           FROM sale.order WHERE id = $1 AND buyer = $2`,
    values: [orderId, buyer],
  });
  const order = rows[0];
  // Somebody else's order and one that never was look the same from outside.
  if (order === undefined) throw new Refusal("request/not-found", `There is no order ${orderId}.`);
  const lines = await db.query<LineRow>({
    name: "order-lines",
    text: `SELECT l.seat, l.label, l.ticket_id, l.unit_price, m.state AS mint, t.hash AS tx_hash
           FROM sale.order_line l
           LEFT JOIN sale.mint_line m ON m.order_id = l.order_id AND m.ticket_id = l.ticket_id
           LEFT JOIN sale.chain_tx t ON t.id = m.tx_id
           WHERE l.order_id = $1 ORDER BY l.seat`,
    values: [orderId],
  });
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
    lines: lines.rows.map((line) => ({
      seat: Number(line.seat),
      label: line.label,
      ticketId: formatTicketId({ deployment: order.deployment, ticketId: line.ticket_id }),
      price: line.unit_price.toString(),
      mint: line.mint ?? "none",
      txHash: line.tx_hash,
    })),
  };
}
