// The tickets of an order of ours, for its buyer: each seat with what the mirror shows of its ticket.
import type { z } from "zod";
import type { OrderTicketsResponse } from "../api/event-lookup.ts";
import { Refusal } from "../domain/failure.ts";
import { formatTicketId } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { readTickets } from "../ticket/read-tickets.ts";

export async function readOrderTickets(
  db: Sql,
  { orderId, buyer }: { orderId: string; buyer: string },
): Promise<z.output<typeof OrderTicketsResponse>> {
  const { rows } = await db.query<{ deployment: number; seat: bigint; ticket_id: bigint }>({
    name: "order-tickets",
    text: `SELECT o.deployment, l.seat, l.ticket_id
           FROM sale.order o JOIN sale.order_line l ON l.order_id = o.id
           WHERE o.id = $1 AND o.buyer = $2 ORDER BY l.seat`,
    values: [orderId, buyer],
  });
  const [line] = rows;
  // Somebody else's order and one that never was look the same from outside.
  if (line === undefined) throw new Refusal("request/not-found", `There is no order ${orderId}.`);
  const { deployment } = line;
  const ids = rows.map(({ ticket_id }) => ticket_id);
  const made = await readTickets(db, deployment, ids);
  const known = new Map(made.map((ticket) => [ticket.id, ticket]));
  return {
    orderId,
    tickets: rows.map(({ seat, ticket_id: ticketId }) => {
      const id = formatTicketId({ deployment, ticketId });
      return { seat: Number(seat), ticketId: id, ticket: known.get(id) ?? null };
    }),
  };
}
