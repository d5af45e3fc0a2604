// Finds tickets by what people have in hand: a seat, or an order that was paid on chain.
import type { z } from "zod";
import type { PaidOrderResponse } from "../api/lookup.ts";
import { Refusal } from "../domain/failure.ts";
import { type EventRef, formatEventId, packTicketId, SEAT_KEY_MAX } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { readTickets, type Ticket } from "../ticket/read-tickets.ts";

const ISSUES = 16;

/** The newest issue; those before it are void. */
export async function findBySeat(db: Sql, event: EventRef, seat: number): Promise<Ticket> {
  const { deployment, eventId } = event;
  const known = seat <= SEAT_KEY_MAX;
  const ids = !known
    ? []
    : Array.from({ length: ISSUES }, (_, issue) => packTicketId({ eventId, issue, seat }));
  const newest = (await readTickets(db, deployment, ids)).at(-1);
  if (newest === undefined) {
    const where = `${formatEventId(event)}, seat ${seat}`;
    throw new Refusal("request/not-found", `The mirror has no ticket of ${where}.`);
  }
  return newest;
}

export async function findPaidOrder(
  db: Sql,
  orderId: string,
): Promise<z.output<typeof PaidOrderResponse>> {
  const { rows } = await db.query<{
    deployment: number;
    event_id: number;
    payer: string;
    amount: bigint;
    tx_hash: string;
    mined_at: Date;
    final: boolean;
  }>({
    name: "paid-order",
    text: `SELECT deployment, event_id, payer, amount, tx_hash, mined_at,
                  paid.block_number <= cursor.final_number AS final
           FROM mirror.order_paid AS paid JOIN mirror.cursor USING (deployment)
           WHERE order_id = $1 ORDER BY deployment, paid.block_number LIMIT 1`,
    values: [orderId],
  });
  const [row] = rows;
  if (row === undefined) {
    throw new Refusal("request/not-found", `The mirror has no paid order ${orderId}.`);
  }
  return {
    eventId: formatEventId({ deployment: row.deployment, eventId: row.event_id }),
    payer: row.payer,
    amount: row.amount.toString(),
    txHash: row.tx_hash,
    at: row.mined_at.toISOString(),
    final: row.final,
    tickets: await ticketsOf(db, row.deployment, row.tx_hash),
  };
}

async function ticketsOf(db: Sql, deployment: number, txHash: string): Promise<Ticket[]> {
  const { rows } = await db.query<{ ticket_id: bigint }>({
    name: "tickets-of-transaction",
    text: "SELECT DISTINCT ticket_id FROM mirror.transfer WHERE tx_hash = $1 AND deployment = $2",
    values: [txHash, deployment],
  });
  return readTickets(
    db,
    deployment,
    rows.map(({ ticket_id }) => ticket_id),
  );
}
