// Amounts in minor units and the double-entry bookings made of them.
import { assertInvariant } from "./failure.ts";

/** Currencies with the number of decimals of their minor unit. */
export const CURRENCIES = { EUR: 2, GBP: 2, USD: 2, CHF: 2 } as const;
export type Currency = keyof typeof CURRENCIES;

export interface Booking {
  account: string;
  amount: bigint;
}

/**
 * What went back to the payer, asked for by us (refunded) or by the bank (lost): the other way
 * round than its capture. It may come back again: a bank that did not take it, an appeal that was
 * won.
 */
export function returnBookings(returned: {
  provider: string;
  eventId: string;
  amount: bigint;
  outcome: "refunded" | "refund failed" | "lost" | "won back";
}): Booking[] {
  const { provider, eventId, amount, outcome } = returned;
  const back = outcome === "refunded" || outcome === "lost" ? -amount : amount;
  return [
    { account: `provider:${provider}`, amount: back },
    { account: `event:${eventId}`, amount: -back },
  ];
}

/** What a capture means: the provider owes us the total, we owe the event's organiser the face. */
export function captureBookings(order: {
  provider: string;
  eventId: string;
  total: bigint;
}): Booking[] {
  const bookings = [
    { account: `provider:${order.provider}`, amount: order.total },
    { account: `event:${order.eventId}`, amount: -order.total },
  ];
  const sum = bookings.reduce((total, { amount }) => total + amount, 0n);
  assertInvariant(sum === 0n, "I10: a posting sums to zero");
  return bookings.filter(({ amount }) => amount !== 0n);
}
