// Writes an order down with a line for each of its places.
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

export async function insertOrder(
  sql: Sql,
  order: {
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
  },
): Promise<void> {
  const { orderId, owner, event, currency, lines, expiresAt, state, holdId, heldAt } = order;
  const total = lines.reduce((sum, { price }) => sum + price, 0n);
  const { deployment, eventId } = event;
  await sql.query({
    name: "insert-order",
    text: `INSERT INTO sale.order
             (id, deployment, event_id, buyer, state, currency, total, expires_at, paid_at, hold_id,
              held_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $5 = 'paid' THEN now() END, $9, $10)`,
    values: [
      ...[orderId, deployment, eventId, owner, state, currency, total, expiresAt],
      ...[holdId, heldAt],
    ],
  });
  await sql.query({
    name: "insert-order-lines",
    text: `INSERT INTO sale.order_line (order_id, seat, ticket_id, class, unit_price, label)
           SELECT $1, seat, ticket_id, class, price, label
           FROM unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::numeric[], $6::text[])
             AS line (seat, ticket_id, class, price, label)`,
    values: [
      orderId,
      lines.map(({ seat }) => seat),
      lines.map(({ ticketId }) => ticketId),
      lines.map((line) => line.class),
      lines.map(({ price }) => price),
      lines.map(({ label }) => label),
    ],
  });
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
