// The states of an order and the moves between them; nothing else changes one.
import { Refusal } from "./failure.ts";

export const ORDER_STATES = [
  "claimed",
  "paid",
  "fulfilled",
  "attention",
  "expired",
  "refunded",
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/**
 * claimed: seats are the order's until it expires. paid: money captured. fulfilled: every ticket
 * mirrored. refunded: none of its tickets is valid any more, and what was due went back.
 */
const MOVES: Record<OrderState, readonly OrderState[]> = {
  claimed: ["paid", "expired"],
  // Bought on chain in a block that a reorg took away for good.
  paid: ["fulfilled", "attention", "refunded", "expired"],
  // A line that needed attention may still be minted by hand.
  attention: ["fulfilled", "refunded"],
  // A dispute that is lost: the money is gone, and the tickets are to be voided.
  fulfilled: ["attention", "refunded"],
  expired: [],
  // A bank may ask back what was given back: a person has to answer it.
  refunded: ["attention"],
};

export function moveOrder(from: OrderState, to: OrderState): OrderState {
  if (MOVES[from].includes(to)) return to;
  throw new Refusal("order/wrong-state", `An order that is ${from} cannot become ${to}.`, {
    state: from,
    allowed: MOVES[from],
  });
}

export const PAYMENT_STATES = ["started", "authorised", "captured", "voided", "declined"] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

/** Of money that a bank asks back after it was captured. */
export const DISPUTE_STATES = ["open", "won", "lost"] as const;
export type DisputeState = (typeof DISPUTE_STATES)[number];

/** provider_event: foreign is what is about no payment of ours. */
export const PROVIDER_EVENT_STATES = ["waiting", "handled", "foreign"] as const;

/** withdrawn: refunded before anything was minted. */
export const MINT_LINE_STATES = ["queued", "sent", "minted", "attention", "withdrawn"] as const;
export type MintLineState = (typeof MINT_LINE_STATES)[number];
