// Writes down that orders are paid, with everything that follows from it, in one transaction (D4).
import { assertInvariant } from "../domain/failure.ts";
import { captureBookings } from "../domain/money.ts";
import { moveOrder, type OrderState } from "../domain/order.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import { type Places, placesOf } from "../hold/places.ts";
import type { Sql } from "../platform/db/client.ts";
import { announceOrders } from "../queue/announce-orders.ts";
import type { Payment } from "./begin-payment.ts";
import { bookEach } from "./book.ts";

export interface PaidOrder {
  orderId: string;
  event: EventRef;
  buyer: string;
  places: Places;
}

/** Its tickets are owed, or were minted by what paid it. */
export interface Capture {
  payment: Payment;
  tickets: "queued" | "minted";
}

interface OrderRow {
  id: string;
  deployment: number;
  event_id: number;
  buyer: string;
  state: OrderState;
  total: bigint;
}

export async function postCapture(
  sql: Sql,
  payment: Payment,
  tickets: Capture["tickets"] = "queued",
): Promise<PaidOrder> {
  const [paid] = await postCaptures(sql, [{ payment, tickets }]);
  return paid as PaidOrder;
}

/** Safe to repeat: an order that is paid already changes nothing. */
export async function postCaptures(sql: Sql, captures: readonly Capture[]): Promise<PaidOrder[]> {
  const ids = captures.map(({ payment }) => payment.order_id);
  const [orders, places, moved] = await Promise.all([
    lockOrders(sql, captures),
    requireSeats(sql, ids),
    movePayments(sql, captures),
  ]);
  const posted = captures.filter(({ payment }) => moved.has(payment.id));
  const paid = captures.map(({ payment }): PaidOrder & { state: OrderState } => {
    const order = orders.get(payment.order_id);
    assertInvariant(order !== undefined, "a payment belongs to an order");
    assertInvariant(order.total === payment.amount, "I2: what is captured is what the order costs");
    const event = { deployment: order.deployment, eventId: order.event_id };
    const { id: orderId, buyer, state } = order;
    return { orderId, event, buyer, state, places: places.get(orderId) ?? NO_PLACES };
  });
  const now = paid.filter((_, at) => moved.has(captures[at]?.payment.id ?? ""));
  if (now.length > 0) await writeDown(sql, posted, now);
  return paid.map(({ state: _, ...order }) => order);
}

const NO_PLACES: Places = { seats: [], areas: [] };

async function writeDown(
  sql: Sql,
  captures: readonly Capture[],
  orders: readonly (PaidOrder & { state: OrderState })[],
): Promise<void> {
  for (const { state } of orders) moveOrder(state, "paid");
  const orderIds = orders.map(({ orderId }) => orderId);
  const paid = sql.query({
    name: "orders-paid",
    text: "UPDATE sale.order SET state = 'paid', paid_at = now() WHERE id = ANY($1)",
    values: [orderIds],
  });
  const eventIds = orders.map(({ event }) => formatEventId(event));
  const postings = captures.map(({ payment }, at) => {
    const { provider, amount: total, currency } = payment;
    const eventId = eventIds[at] ?? "";
    const bookings = captureBookings({ provider, eventId, total });
    return { orderId: payment.order_id, currency, bookings };
  });
  const owed = captures.map(({ payment, tickets }) => ({
    orderId: payment.order_id,
    state: tickets,
  }));
  await Promise.all([
    paid,
    bookEach(sql, postings),
    queueTickets(sql, owed),
    announceOrders(sql, { type: "order.paid", orderIds }),
  ]);
}

async function lockOrders(sql: Sql, captures: readonly Capture[]): Promise<Map<string, OrderRow>> {
  const { rows } = await sql.query<OrderRow>({
    name: "orders-to-post",
    text: `SELECT id, deployment, event_id, buyer, state, total FROM sale.order
           WHERE id = ANY($1) ORDER BY id FOR UPDATE`,
    values: [captures.map(({ payment }) => payment.order_id)],
  });
  return new Map(rows.map((row) => [row.id, row]));
}

interface SeatRow {
  order_id: string;
  seat: bigint;
  area: number | null;
  kept: boolean;
  /** Of the order. */
  lines: bigint;
}

/** No money without a seat: a capture whose claim is gone must never be posted in silence (I2). */
async function requireSeats(sql: Sql, orderIds: readonly string[]): Promise<Map<string, Places>> {
  let rows = await readSeats(sql, orderIds);
  // They are kept since before the capture; a claim that is only the order's own is kept now.
  if (!rows.every(({ kept }) => kept)) {
    await sql.query({
      text: `UPDATE sale.claim SET expires_at = 'infinity' FROM sale.order_line line
             WHERE claim.order_id = ANY($1) AND line.order_id = claim.order_id
               AND line.seat = claim.seat`,
      values: [orderIds],
    });
    rows = await readSeats(sql, orderIds);
  }
  const byOrder = Map.groupBy(rows, ({ order_id }) => order_id);
  const hasAll = (id: string) => {
    const seats = byOrder.get(id) ?? [];
    return (
      seats.length > 0 && seats.every((seat) => seat.kept && Number(seat.lines) === seats.length)
    );
  };
  assertInvariant(orderIds.every(hasAll), "I2: a captured order has all of its seats");
  return new Map([...byOrder].map(([id, seats]) => [id, placesOf(seats)]));
}

async function readSeats(sql: Sql, orderIds: readonly string[]): Promise<SeatRow[]> {
  const { rows } = await sql.query<SeatRow>({
    name: "seats-of-captures",
    text: `SELECT claim.order_id, claim.seat, claim.expires_at = 'infinity' AS kept,
                  (SELECT section FROM sale.area
                   WHERE area.deployment = claim.deployment AND area.event_id = claim.event_id
                     AND area.section = claim.seat >> 24) AS area,
                  (SELECT count(*) FROM sale.order_line line
                   WHERE line.order_id = claim.order_id) AS lines
           -- What a line was moved away from may still name the order, and has ended.
           FROM sale.claim JOIN sale.order_line own
             ON own.order_id = claim.order_id AND own.seat = claim.seat
           WHERE claim.order_id = ANY($1)`,
    values: [orderIds],
  });
  return rows;
}

/** Answers those that were captured just now; the rest must have been before. */
async function movePayments(sql: Sql, captures: readonly Capture[]): Promise<ReadonlySet<string>> {
  const ids = captures.map(({ payment }) => payment.id);
  const { rows } = await sql.query<{ id: string }>({
    name: "payments-captured",
    text: `UPDATE sale.payment SET state = 'captured', updated_at = now()
           WHERE id = ANY($1) AND state = 'authorised' RETURNING id`,
    values: [ids],
  });
  const moved = new Set(rows.map(({ id }) => id));
  const before = ids.filter((id) => !moved.has(id));
  if (before.length > 0) await requireCaptured(sql, before);
  return moved;
}

async function requireCaptured(sql: Sql, ids: readonly string[]): Promise<void> {
  const { rows } = await sql.query<{ state: string }>({
    text: "SELECT state FROM sale.payment WHERE id = ANY($1)",
    values: [ids],
  });
  const all = rows.length === ids.length && rows.every(({ state }) => state === "captured");
  assertInvariant(all, "I2: only a captured payment is posted");
}

/** The outbox: from here on the tickets are owed, whatever happens to Redis or to us. */
export async function queueTickets(
  sql: Sql,
  orders: readonly { orderId: string; state: Capture["tickets"] }[],
): Promise<void> {
  await sql.query({
    name: "queue-tickets",
    text: `INSERT INTO sale.mint_line
             (deployment, event_id, order_id, ticket_id, owner, class, unit_price, state)
           SELECT o.deployment, o.event_id, o.id, l.ticket_id, o.buyer, l.class, l.unit_price,
                  given.state
           FROM unnest($1::text[], $2::text[]) AS given (order_id, state)
           JOIN sale.order o ON o.id = given.order_id
           JOIN sale.order_line l ON l.order_id = o.id ORDER BY o.id, l.seat`,
    values: [orders.map(({ orderId }) => orderId), orders.map(({ state }) => state)],
  });
}
