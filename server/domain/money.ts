// Amounts in minor units and the double-entry bookings made of them.
import { assertInvariant } from "./failure.ts";

/** Currencies with the number of decimals of their minor unit; of a coin it is the gwei. */
export const CURRENCIES = { EUR: 2, GBP: 2, USD: 2, CHF: 2, ETH: 9 } as const;
export type Currency = keyof typeof CURRENCIES;

/** A chain's own coin: no card pays it, and its events need no token. */
export function isCoin(currency: string): boolean {
  return currency === "ETH";
}

/** Where an order's money is: with a provider, or in the box office's escrow of its event. */
export const VOUCHER_PROVIDER = "voucher";
function holderOf(provider: string, eventId: string): string {
  return provider === VOUCHER_PROVIDER ? `escrow:${eventId}` : `provider:${provider}`;
}

export interface Booking {
  account: string;
  amount: bigint;
}

/**
 * What went back to the payer, asked for by us (refunded) or by the bank (lost), or was taken away
 * by a reorg (never happened): the other way round than its capture. It may come back again: a bank
 * that did not take it, an appeal that was won.
 */
export function returnBookings(returned: {
  provider: string;
  eventId: string;
  amount: bigint;
  outcome: "refunded" | "refund failed" | "lost" | "won back" | "never happened";
}): Booking[] {
  const { provider, eventId, amount, outcome } = returned;
  const isBack = outcome === "refund failed" || outcome === "won back";
  const back = isBack ? amount : -amount;
  return [
    { account: holderOf(provider, eventId), amount: back },
    { account: `event:${eventId}`, amount: -back },
  ];
}

/**
 * What a capture means: the provider or the escrow has the total, we owe the event's organiser the
 * face.
 */
export function captureBookings(order: {
  provider: string;
  eventId: string;
  total: bigint;
}): Booking[] {
  const bookings = [
    { account: holderOf(order.provider, order.eventId), amount: order.total },
    { account: `event:${order.eventId}`, amount: -order.total },
  ];
  const sum = bookings.reduce((total, { amount }) => total + amount, 0n);
  assertInvariant(sum === 0n, "I10: a posting sums to zero");
  return bookings.filter(({ amount }) => amount !== 0n);
}
