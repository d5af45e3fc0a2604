// Writes down that an order is paid, with everything that follows from it, in one transaction (D4).
import { assertInvariant } from "../domain/failure.ts";
import { captureBookings } from "../domain/money.ts";
import { moveOrder, type OrderState } from "../domain/order.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import { type Places, placesOf } from "../hold/places.ts";
import type { Sql } from "../platform/db/client.ts";
import { announceOrders } from "../queue/announce-orders.ts";
import type { Payment } from "./begin-payment.ts";
import { book } from "./book.ts";

export interface PaidOrder {
  orderId: string;
  event: EventRef;
  buyer: string;
  places: Places;
}

interface OrderRow {
  deployment: number;
  event_id: number;
  buyer: string;
  state: OrderState;
  total: bigint;
  currency: string;
}

/**
 * Safe to repeat: an order that is paid already changes nothing. Its tickets are owed, or were
 * minted by what paid it.
 */
export async function postCapture(
  sql: Sql,
  payment: Payment,
  tickets: "queued" | "minted" = "queued",
): Promise<PaidOrder> {
  const { rows } = await sql.query<OrderRow>({
    text: "SELECT * FROM sale.order WHERE id = $1 FOR UPDATE",
    values: [payment.order_id],
  });
  const order = rows[0];
  assertInvariant(order !== undefined, "a payment belongs to an order");
  assertInvariant(order.total === payment.amount, "I2: what is captured is what the order costs");
  const event = { deployment: order.deployment, eventId: order.event_id };
  const sold = await sql.query<{ seat: bigint; area: number | null }>({
    // What a line was moved away from may still name the order, and has ended.
    text: `UPDATE sale.claim SET expires_at = 'infinity' FROM sale.order_line line
           WHERE claim.order_id = $1 AND line.order_id = $1 AND line.seat = claim.seat
           RETURNING claim.seat, (SELECT section FROM sale.area
                                  WHERE area.deployment = claim.deployment
                                    AND area.event_id = claim.event_id
                                    AND area.section = claim.seat >> 24) AS area`,
    values: [payment.order_id],
  });
  const places = placesOf(sold.rows);
  await requireAllSeats(sql, payment.order_id, sold.rows.length);
  const { rowCount } = await sql.query({
    text: `UPDATE sale.payment SET state = 'captured', updated_at = now()
           WHERE id = $1 AND state = 'authorised'`,
    values: [payment.id],
  });
  if (rowCount === 0) await requireCaptured(sql, payment.id);
  if (rowCount === 1) {
    await sql.query({
      text: "UPDATE sale.order SET state = $2, paid_at = now() WHERE id = $1",
      values: [payment.order_id, moveOrder(order.state, "paid")],
    });
    const { provider, amount: total, currency } = payment;
    const bookings = captureBookings({ provider, eventId: formatEventId(event), total });
    await book(sql, { orderId: payment.order_id, currency, bookings });
    await queueTickets(sql, payment.order_id, tickets);
    await announceOrders(sql, { type: "order.paid", orderIds: [payment.order_id] });
  }
  return { orderId: payment.order_id, event, buyer: order.buyer, places };
}

/** No money without a seat: a capture whose claim is gone must never be posted in silence (I2). */
async function requireAllSeats(sql: Sql, orderId: string, claimed: number): Promise<void> {
  const { rows } = await sql.query<{ lines: bigint }>({
    text: "SELECT count(*) AS lines FROM sale.order_line WHERE order_id = $1",
    values: [orderId],
  });
  assertInvariant(Number(rows[0]?.lines) === claimed, "I2: a captured order has all of its seats");
}

async function requireCaptured(sql: Sql, id: string): Promise<void> {
  const { rows } = await sql.query<{ state: string }>({
    text: "SELECT state FROM sale.payment WHERE id = $1",
    values: [id],
  });
  assertInvariant(rows[0]?.state === "captured", "I2: only a captured payment is posted");
}

/** The outbox: from here on the tickets are owed, whatever happens to Redis or to us. */
export async function queueTickets(
  sql: Sql,
  orderId: string,
  state: "queued" | "minted" = "queued",
): Promise<void> {
  await sql.query({
    text: `INSERT INTO sale.mint_line
             (deployment, event_id, order_id, ticket_id, owner, class, unit_price, state)
           SELECT o.deployment, o.event_id, o.id, l.ticket_id, o.buyer, l.class, l.unit_price, $2
           FROM sale.order o JOIN sale.order_line l ON l.order_id = o.id
           WHERE o.id = $1 ORDER BY l.seat`,
    values: [orderId, state],
  });
}
