// Has the chain make tickets void, as many in a transaction as it takes in a day; one that cannot be is found out.
import { encodeFunctionData } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { formatEventId } from "../../domain/ticket-id.ts";
import type { Chain } from "../../platform/chain.ts";
import type { KeyDeps } from "../../platform/tx/key-turns.ts";
import type { Lane } from "../../platform/tx/lane.ts";
import type { Refused } from "../../platform/tx/refused.ts";
import { sendOnce } from "../../platform/tx/send-once.ts";
import type { ToVoid } from "./move-lines.ts";

/** The contract voids no more of an event in a day without its holders. */
const VOIDS_PER_DAY = 50;
/** The mirror will show what they are: used, or void by somebody else's hand. */
const SEEN_LATER = new Set(["TicketsTicketUsed", "TicketsTicketVoid"]);

export async function voidTickets(
  deps: KeyDeps,
  { chain, lane, toVoid }: { chain: Chain; lane: Lane; toVoid: ToVoid },
): Promise<void> {
  const { event } = toVoid;
  let batch = toVoid.ticketIds.slice(0, VOIDS_PER_DAY);
  // Each round takes one ticket out or halves the batch.
  while (batch.length > 0) {
    const refused = await send(deps, { chain, lane, ticketIds: batch });
    if (refused === undefined) return;
    batch = withoutCause(batch, refused);
    if (batch.length > 0) continue;
    const eventId = formatEventId(event);
    deps.log.warn({ eventId, ...refused, tickets: toVoid.ticketIds.length }, "voiding waits");
  }
}

/** What may pass when these cannot; nothing where no other batch could. */
function withoutCause(batch: readonly bigint[], { refusal, about }: Refused): bigint[] {
  if (SEEN_LATER.has(refusal)) {
    const others = batch.filter((id) => id !== about);
    return others.length < batch.length ? others : [];
  }
  if (refusal !== "TicketsVoidLimitReached") return [];
  return batch.slice(0, Math.floor(batch.length / 2));
}

async function send(
  deps: KeyDeps,
  { chain, lane, ticketIds }: { chain: Chain; lane: Lane; ticketIds: readonly bigint[] },
): Promise<Refused | undefined> {
  const { id: deployment, tickets } = chain.deployment;
  return sendOnce(
    deps,
    { chain, lane },
    {
      to: tickets,
      data: encodeFunctionData({ abi: ticketsAbi, functionName: "void", args: [ticketIds] }),
      intent: `void ${ticketIds.length} tickets`,
      claim: async (sql) => {
        const { rowCount } = await sql.query({
          text: `SELECT 1 FROM sale.refund_line
                 WHERE deployment = $1 AND ticket_id = ANY ($2) AND state = 'asked'
                 ORDER BY order_id, seat FOR UPDATE`,
          values: [deployment, ticketIds],
        });
        return rowCount === ticketIds.length;
      },
      attach: async (sql, txId) => {
        await sql.query({
          text: `UPDATE sale.refund_line SET state = 'sent', tx_id = $3, updated_at = now()
                 WHERE deployment = $1 AND ticket_id = ANY ($2) AND state = 'asked'`,
          values: [deployment, ticketIds, txId],
        });
      },
    },
  );
}
