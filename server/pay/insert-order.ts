// Writes orders down with a line for each of their places.
import type { OrderState } from "../domain/order.ts";
import { type EventRef, packTicketId, type SeatKey, unpackAreaPlace } from "../domain/ticket-id.ts";
import { requireAreas, requireSeats, type SaleArea, type SaleSeat } from "../hold/read-plan.ts";
import type { Sale } from "../hold/sale.ts";
import type { Sql } from "../platform/db/client.ts";
import type { Claimed, ClaimedSeat } from "./claim-places.ts";

export interface OrderLine {
  seat: SeatKey;
  ticketId: bigint;
  class: number;
  price: bigint;
  label: string;
}

export interface NewOrder {
  orderId: string;
  owner: string;
  event: EventRef;
  currency: string;
  lines: readonly OrderLine[];
  expiresAt: Date;
  state: Extract<OrderState, "claimed" | "paid">;
  /** What it was made of; a comp is made of none. */
  holdId?: string;
  heldAt?: Date;
}

/** Answers when they were made. */
export async function insertOrders(sql: Sql, orders: readonly NewOrder[]): Promise<Date> {
  const totalOf = ({ lines }: NewOrder) => lines.reduce((sum, { price }) => sum + price, 0n);
  const { rows } = await sql.query<{ created_at: Date }>({
    name: "insert-orders",
    text: `INSERT INTO sale.order
             (id, deployment, event_id, buyer, state, currency, total, expires_at, paid_at, hold_id,
              held_at)
           SELECT id, deployment, event_id, buyer, state, currency, total, expires_at,
                  CASE WHEN state = 'paid' THEN now() END, hold_id, held_at
           FROM unnest($1::text[], $2::smallint[], $3::int[], $4::text[], $5::text[], $6::text[],
                       $7::numeric[], $8::timestamptz[], $9::text[], $10::timestamptz[])
             AS given (id, deployment, event_id, buyer, state, currency, total, expires_at, hold_id,
                       held_at)
           RETURNING created_at`,
    values: [
      orders.map(({ orderId }) => orderId),
      orders.map(({ event }) => event.deployment),
      orders.map(({ event }) => event.eventId),
      orders.map(({ owner }) => owner),
      orders.map(({ state }) => state),
      orders.map(({ currency }) => currency),
      orders.map(totalOf),
      orders.map(({ expiresAt }) => expiresAt),
      orders.map(({ holdId }) => holdId),
      orders.map(({ heldAt }) => heldAt),
    ],
  });
  const lines = orders.flatMap(({ orderId, lines }) => lines.map((line) => ({ orderId, ...line })));
  await sql.query({
    name: "insert-order-lines",
    text: `INSERT INTO sale.order_line (order_id, seat, ticket_id, class, unit_price, label)
           SELECT order_id, seat, ticket_id, class, price, label
           FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::smallint[], $5::numeric[],
                       $6::text[])
             AS line (order_id, seat, ticket_id, class, price, label)`,
    values: [
      lines.map(({ orderId }) => orderId),
      lines.map(({ seat }) => seat),
      lines.map(({ ticketId }) => ticketId),
      lines.map((line) => line.class),
      lines.map(({ price }) => price),
      lines.map(({ label }) => label),
    ],
  });
  return rows[0]?.created_at ?? new Date(0);
}

/** What each claimed place costs now, and which ticket it becomes. */
export function linesOf(
  sale: Sale,
  { eventId }: EventRef,
  { seats, areaSeats }: Claimed,
): OrderLine[] {
  const line = ({ seat, issue }: ClaimedSeat, place: { class: number; price: bigint }) => ({
    ...{ seat, class: place.class, price: place.price },
    ticketId: packTicketId({ eventId, issue, seat }),
  });
  const seated = seats.map((claimed) => {
    const [found] = requireSeats(sale, [claimed.seat]) as [SaleSeat];
    return { ...line(claimed, found), label: found.label };
  });
  const standing = areaSeats.map((claimed) => {
    const { section: area, serial } = unpackAreaPlace(claimed.seat);
    const [found] = requireAreas(sale, [{ area, places: 1 }]) as [SaleArea];
    return { ...line(claimed, found), label: `${found.name}, place ${serial}` };
  });
  return [...seated, ...standing];
}
