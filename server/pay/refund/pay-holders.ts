// Pays holders on chain: from the escrow what was bought there, and what was sold on from the organiser's fund.
import { encodeFunctionData } from "viem";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { returnBookings, VOUCHER_PROVIDER } from "../../domain/money.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Chain } from "../../platform/chain.ts";
import type { Db } from "../../platform/db/client.ts";
import type { KeyDeps } from "../../platform/tx/key-turns.ts";
import type { Lane } from "../../platform/tx/lane.ts";
import { sendOnce } from "../../platform/tx/send-once.ts";
import { book } from "../book.ts";

interface WaitingTicket {
  deployment: number;
  event_id: number;
  ticket_id: bigint;
}

/** One ticket a transaction, so that the fund goes as far as it does. */
const TICKETS_PER_ROUND = 50;

interface PaidLine {
  order_id: string;
  deployment: number;
  event_id: number;
  amount: bigint;
  currency: string;
}

/**
 * What the mirror shows as paid, whoever had it paid: anybody may. What came out of an order's
 * escrow is taken off its books; the organiser's fund never was on them.
 */
export async function closePaidHolders(db: Db): Promise<void> {
  await db.transaction(async (sql) => {
    const { rows } = await sql.query<PaidLine>({
      text: `WITH paid AS (
               UPDATE sale.refund_line line SET state = 'paid', reason = NULL, updated_at = now()
               FROM mirror.ticket, mirror.cursor
               WHERE line.state = 'waiting' AND cursor.deployment = line.deployment
                 AND ticket.deployment = line.deployment AND ticket.ticket_id = line.ticket_id
                 AND ticket.refunded AND ticket.block_number <= cursor.final_number
               RETURNING line.*)
             SELECT paid.order_id, paid.deployment, paid.event_id, paid.amount, p.currency
             FROM paid JOIN sale.payment p ON p.order_id = paid.order_id
             WHERE p.provider = $1 AND p.state = 'captured'`,
      values: [VOUCHER_PROVIDER],
    });
    for (const { order_id: orderId, event_id, deployment, amount, currency } of rows) {
      const eventId = formatEventId({ deployment, eventId: event_id });
      const returned = {
        provider: VOUCHER_PROVIDER,
        eventId,
        amount,
        outcome: "refunded",
      } as const;
      await book(sql, { orderId, currency, bookings: returnBookings(returned) });
    }
  });
}

/**
 * Where the price lies in escrow or there is money in the fund, as the mirror has it; the contract
 * decides whether it is enough.
 */
export async function findFunded(db: Db): Promise<{ event: EventRef; ticketId: bigint }[]> {
  const { rows } = await db.query<WaitingTicket>({
    text: `SELECT line.deployment, line.event_id, line.ticket_id FROM sale.refund_line line
           JOIN mirror.escrow
             ON escrow.deployment = line.deployment AND escrow.event_id = line.event_id
           JOIN mirror.ticket
             ON ticket.deployment = line.deployment AND ticket.ticket_id = line.ticket_id
           WHERE line.state = 'waiting' AND line.tx_id IS NULL
             AND (ticket.funded OR escrow.funds > 0) AND NOT ticket.refunded
           ORDER BY line.updated_at LIMIT $1`,
    values: [TICKETS_PER_ROUND],
  });
  return rows.map(({ deployment, event_id: eventId, ticket_id: ticketId }) => ({
    event: { deployment, eventId },
    ticketId,
  }));
}

/** False when the fund does not cover it, and so no other ticket of its price either. */
export async function payHolder(
  deps: KeyDeps,
  { chain, lane, ticketId }: { chain: Chain; lane: Lane; ticketId: bigint },
): Promise<boolean> {
  const { id: deployment, modules } = chain.deployment;
  if (modules === undefined) return false;
  const values = [deployment, ticketId];
  const refused = await sendOnce(
    deps,
    { chain, lane },
    {
      to: modules.boxOffice,
      data: encodeFunctionData({
        ...{ abi: boxOfficeAbi, functionName: "refund" },
        args: [[ticketId]],
      }),
      intent: `pay the holder of ticket ${ticketId}`,
      claim: async (sql) => {
        const { rowCount } = await sql.query({
          text: `SELECT 1 FROM sale.refund_line
                 WHERE deployment = $1 AND ticket_id = $2 AND state = 'waiting'
                   AND tx_id IS NULL FOR UPDATE`,
          values,
        });
        return rowCount === 1;
      },
      attach: async (sql, txId) => {
        await sql.query({
          text: `UPDATE sale.refund_line SET tx_id = $3, updated_at = now()
                 WHERE deployment = $1 AND ticket_id = $2 AND state = 'waiting'`,
          values: [...values, txId],
        });
      },
    },
  );
  if (refused === undefined) return true;
  deps.log.warn({ ticketId, ...refused }, "a holder waits for the organiser's fund");
  return false;
}
