// What wallets are told of orders and tickets, and whom each fact concerns.

export const NOTICE_KINDS = [
  "tickets-ready",
  "order-attention",
  "order-expired",
  "event-moved",
  "event-cancelled",
  "refund-paid",
  "dispute-open",
  "dispute-won",
  "dispute-lost",
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Whoever holds a ticket by now is told as well; the rest is the buyer's alone. */
const HOLDERS_TOLD: ReadonlySet<NoticeKind> = new Set([
  "event-moved",
  "event-cancelled",
  "dispute-lost",
]);

/** Of all orders of a wallet at once, so it names none of them. */
const ABOUT_EVENT: ReadonlySet<NoticeKind> = new Set(["event-moved", "event-cancelled"]);

export function concernsHolders(kind: NoticeKind): boolean {
  return HOLDERS_TOLD.has(kind);
}

export function isAboutEvent(kind: NoticeKind): boolean {
  return ABOUT_EVENT.has(kind);
}
