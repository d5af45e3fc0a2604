// Takes every paid order of a cancelled event back, and tickets that holders gave back after doors were moved.
import type { Db } from "../../platform/db/client.ts";
import { insertRefund } from "./insert-refund.ts";

const ORDERS_PER_ROUND = 200;

/** By what is still to be done, not by a position: who dies half way leaves nothing to know. */
export async function askCancelled(db: Db): Promise<number> {
  const { rows } = await db.query<{ id: string }>({
    text: `SELECT o.id FROM sale.event
           JOIN sale.order o ON o.deployment = event.deployment AND o.event_id = event.id
           WHERE event.state = 'cancelled' AND o.state IN ('paid', 'fulfilled', 'attention')
             AND EXISTS (
               SELECT 1 FROM sale.order_line line
               WHERE line.order_id = o.id
                 AND NOT EXISTS (SELECT 1 FROM sale.refund_line back
                                 WHERE back.order_id = o.id AND back.seat = line.seat)
                 AND NOT EXISTS (SELECT 1 FROM sale.admission
                                 WHERE admission.deployment = o.deployment
                                   AND admission.ticket_id = line.ticket_id))
             -- The bank decides about those, and then the dispute does this.
             AND NOT EXISTS (SELECT 1 FROM sale.dispute
                             WHERE dispute.order_id = o.id AND dispute.state IN ('open', 'lost'))
           ORDER BY o.id LIMIT $1`,
    values: [ORDERS_PER_ROUND],
  });
  for (const { id } of rows) {
    await takeBack(db, { orderId: id, cause: "cancelled", reason: "the event was cancelled" });
  }
  return rows.length;
}

/** Void for good, by no transaction of ours, while holders could give back. */
export async function askReturned(db: Db): Promise<number> {
  const { rows } = await db.query<{ order_id: string; ticket_ids: string[] }>({
    text: `SELECT mint.order_id, array_agg(mint.ticket_id) AS ticket_ids
           FROM mirror.event
           JOIN mirror.cursor ON cursor.deployment = event.deployment
           JOIN mirror.ticket_void gone
             ON gone.deployment = event.deployment AND gone.event_id = event.event_id
           JOIN sale.mint_line mint
             ON mint.deployment = gone.deployment AND mint.ticket_id = gone.ticket_id
           WHERE event.refund_until > 0 AND mint.state = 'minted'
             AND extract(epoch FROM gone.mined_at) < event.refund_until
             AND gone.block_number <= cursor.final_number
             AND NOT EXISTS (SELECT 1 FROM sale.tx_bid bid WHERE bid.hash = gone.tx_hash)
             AND NOT EXISTS (SELECT 1 FROM sale.refund_line back
                             WHERE back.order_id = mint.order_id
                               AND back.ticket_id = mint.ticket_id)
           GROUP BY mint.order_id LIMIT $1`,
    values: [ORDERS_PER_ROUND],
  });
  for (const { order_id: orderId, ticket_ids: ids } of rows) {
    const returned = { cause: "returned", reason: "its holder gave it back" } as const;
    await takeBack(db, { orderId, ticketIds: ids.map(BigInt), ...returned });
  }
  return rows.length;
}

async function takeBack(
  db: Db,
  wish: {
    orderId: string;
    /** All of them, unless told. */
    ticketIds?: readonly bigint[];
    cause: "cancelled" | "returned";
    reason: string;
  },
): Promise<void> {
  await db.transaction(async (sql) => {
    const { rows } = await sql.query<{ ticket_id: bigint }>({
      text: `SELECT line.ticket_id FROM sale.order o JOIN sale.order_line line
               ON line.order_id = o.id
             WHERE o.id = $1 FOR UPDATE OF o`,
      values: [wish.orderId],
    });
    const ticketIds = wish.ticketIds ?? rows.map((row) => row.ticket_id);
    await insertRefund(sql, { ...wish, ticketIds, askedBy: "sweep" });
  });
}
