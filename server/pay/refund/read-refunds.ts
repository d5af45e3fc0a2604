// The refunds of an order, with how far each of its tickets is and what somebody has to do for it.
import type { z } from "zod";
import type { RefundResponse } from "../../api/refund.ts";
import { Refusal } from "../../domain/failure.ts";
import {
  type Pays,
  type RefundCause,
  type RefundLineState,
  type RefundState,
  toDoFor,
} from "../../domain/refund.ts";
import { type EventRef, formatTicketId } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";

type Refund = z.output<typeof RefundResponse>;

interface RefundRow {
  id: string;
  deployment: number;
  event_id: number;
  order_id: string;
  cause: RefundCause;
  reason: string;
  asked_by: string;
  state: RefundState;
  amount: bigint | null;
  currency: string;
  why: string | null;
  created_at: Date;
  paid_at: Date | null;
}

interface LineRow {
  refund_id: string;
  ticket_id: bigint;
  label: string;
  amount: bigint;
  state: RefundLineState;
  pays: Pays | null;
  reason: string | null;
  tx_hash: string | null;
  funded: boolean;
}

/** Whose order it is decides who may ask about it; undefined for one that never was. */
export async function findEventOfOrder(sql: Sql, orderId: string): Promise<EventRef | undefined> {
  const { rows } = await sql.query<EventRef>({
    name: "event-of-order",
    text: `SELECT deployment, event_id AS "eventId" FROM sale.order WHERE id = $1`,
    values: [orderId],
  });
  return rows[0];
}

export async function readRefund(sql: Sql, of: { orderId: string; refundId: string }) {
  const found = (await readRefunds(sql, of.orderId)).find(({ id }) => id === of.refundId);
  if (found !== undefined) return found;
  throw new Refusal("request/not-found", `There is no refund ${of.refundId}.`);
}

/** An order has at most as many as it has seats. */
export async function readRefunds(sql: Sql, orderId: string): Promise<Refund[]> {
  const { rows } = await sql.query<RefundRow>({
    text: `SELECT id, deployment, event_id, order_id, cause, reason, asked_by, state, amount,
                  currency, why, created_at, paid_at
           FROM sale.refund WHERE order_id = $1 ORDER BY created_at, id`,
    values: [orderId],
  });
  const { rows: lines } = await sql.query<LineRow>({
    text: `SELECT line.refund_id, line.ticket_id, sold.label, line.amount, line.state, line.pays,
                  line.reason, tx.hash AS tx_hash, coalesce(ticket.funded, false) AS funded
           FROM sale.refund_line line
           JOIN sale.order_line sold ON sold.order_id = line.order_id AND sold.seat = line.seat
           LEFT JOIN sale.chain_tx tx ON tx.id = line.tx_id
           LEFT JOIN mirror.ticket
             ON ticket.deployment = line.deployment AND ticket.ticket_id = line.ticket_id
           WHERE line.order_id = $1 ORDER BY line.seat`,
    values: [orderId],
  });
  return rows.map((row) => ({
    id: row.id,
    orderId: row.order_id,
    ...{ cause: row.cause, reason: row.reason, askedBy: row.asked_by, state: row.state },
    amount: row.amount?.toString() ?? null,
    currency: row.currency,
    why: row.why,
    askedAt: row.created_at.toISOString(),
    paidAt: row.paid_at?.toISOString() ?? null,
    lines: lines.filter((line) => line.refund_id === row.id).map((line) => present(row, line)),
  }));
}

function present({ deployment, event_id: eventId }: RefundRow, line: LineRow) {
  return {
    ticketId: formatTicketId({ deployment, ticketId: line.ticket_id }),
    label: line.label,
    price: line.amount.toString(),
    ...{ state: line.state, pays: line.pays, reason: line.reason, txHash: line.tx_hash },
    toDo: toDoFor({ state: line.state, eventId, funded: line.funded }),
  };
}
