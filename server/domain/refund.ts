// The way of a ticket that is taken back: void first, then the money, then its seat on sale again.
import type { MintLineState } from "./order.ts";

/** voiding: its tickets are being made void. paying: the money is on its way. */
export const REFUND_STATES = ["voiding", "paying", "done", "attention"] as const;
export type RefundState = (typeof REFUND_STATES)[number];

/**
 * returned: by its holder, while the event's doors were moved. dispute: lost to the payer's bank.
 */
export const REFUND_CAUSES = ["asked", "returned", "dispute", "cancelled"] as const;
export type RefundCause = (typeof REFUND_CAUSES)[number];

/**
 * sent: its transaction is under way. waiting: for the organiser's fund. freed: its seat is on sale
 * again. refused: it was used before it could be made void, and nothing is paid for it.
 */
export const REFUND_LINE_STATES = [
  "asked",
  "sent",
  "voided",
  "waiting",
  "paid",
  "freed",
  "refused",
] as const;
export type RefundLineState = (typeof REFUND_LINE_STATES)[number];

/**
 * holder: on chain, from the escrow where the price lies, or else from what the organiser put in,
 * because a buyer has paid the payer already.
 */
export const PAYS = ["payer", "holder", "nobody"] as const;
export type Pays = (typeof PAYS)[number];

/** Why a ticket cannot be taken back. */
export const REFUND_OBSTACLES = ["not-of-order", "asked", "used", "void"] as const;
export type RefundObstacle = (typeof REFUND_OBSTACLES)[number];

export interface RefundFacts {
  cause: RefundCause;
  /** What was paid for it first. */
  amount: bigint;
  /** Null for what was never to be minted. */
  mint: MintLineState | null;
  /** As the mirror has it; null where it has none. */
  ticket: { void: boolean; used: boolean; resold: boolean; funded: boolean; final: boolean } | null;
  /** On chain, in a block that no reorg reaches. */
  eventCancelled: boolean;
  /** The mirror's final block is younger than the line's last step. */
  mirrorSaw: boolean;
}

export type RefundStep =
  | { step: "wait" }
  /** It can be made void now. */
  | { step: "void" }
  /** Nobody can enter with it any more, wherever a door looks. */
  | { step: "voided"; pays: Pays; withdraw: boolean }
  | { step: "refused"; reason: string };

/**
 * No money goes out while the ticket can still enter: what the chain shows counts once no reorg
 * reaches it.
 */
export function nextStep(facts: RefundFacts): RefundStep {
  const { cause, amount, mint, ticket, eventCancelled, mirrorSaw } = facts;
  if (ticket === null) {
    // What is under way is minted or set free again; what was minted comes back after a reorg.
    if (mint === "sent" || mint === "minted") return { step: "wait" };
    // The chain said that the seat is taken, maybe by a mint of ours that the mirror has to show.
    if (mint === "attention" && !mirrorSaw) return { step: "wait" };
    return { step: "voided", pays: paysTo({ cause, amount, byContract: false }), withdraw: true };
  }
  const { final } = ticket;
  // What a line in need of a person finds in its place was never its buyer's, nor sold on by them.
  const byContract = mint !== "attention" && (ticket.resold || ticket.funded);
  if (ticket.void || (eventCancelled && !ticket.used)) {
    if (!final && !eventCancelled) return { step: "wait" };
    return { step: "voided", pays: paysTo({ cause, amount, byContract }), withdraw: false };
  }
  // The chain is told of the whole event, in one transaction instead of fifty tickets a day.
  if (!ticket.used) return { step: cause === "cancelled" ? "wait" : "void" };
  return final ? { step: "refused", reason: "used" } : { step: "wait" };
}

/**
 * A ticket that was sold on belongs to a buyer, who has done nothing wrong in any case; and what
 * lies in escrow the contract gives to nobody but the holder.
 */
function paysTo(of: { cause: RefundCause; amount: bigint; byContract: boolean }): Pays {
  if (of.amount === 0n) return "nobody";
  if (of.byContract) return "holder";
  return of.cause === "dispute" ? "nobody" : "payer";
}

/** What somebody has to do before it goes on, in words for the box office; null for nothing. */
export function toDoFor(line: {
  state: RefundLineState;
  eventId: number;
  /** Its price lies in escrow. */
  funded: boolean;
}): string | null {
  if (line.state !== "waiting" || line.funded) return null;
  return (
    "Waiting for the organiser's fund: the ticket was sold on, so its price goes to whoever holds " +
    `it. Put it in with BoxOffice.fundRefunds(${line.eventId}, amount); it is paid by itself then.`
  );
}
