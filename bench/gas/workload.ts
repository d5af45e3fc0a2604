// The work that every contract is given: the same fans, seats and orders.
import { type Hex, keccak256, slice, toHex } from "viem";

export type Order = { to: Hex; ids: bigint[] };

export const EVENT_ID = 7n;
const SECTION = 1n;
const ROW_SEATS = 20;
export const BATCH = 100;
/** What fans buy: 44 orders make 100 tickets. */
const ORDER_SIZES = [1, 2, 2, 4, 2, 1, 3, 2, 4, 2] as const;
/** In face units, which are gwei in an event that is sold in the chain's own coin. */
export const PRICES = [12_500n, 8_900n, 4_500n] as const;
/** What the dearest of these is worth, and so within every cap. */
export const RESALE_PRICE_WEI = PRICES[0] * 10n ** 9n;
/** The same price in cents of a token with six decimals, which costs the same number of bytes. */
export const RESALE_PRICE_IN_TOKEN = PRICES[0] * 10n ** 4n;
/** Far in the future, and the same in every run: a signature's bytes have a price. */
export const ASK_DEADLINE = 2n ** 33n;

/** A wallet that has never been used, with an address as random as real ones. */
function fan(index: number): Hex {
  return slice(keccak256(toHex(`fan/${index}`)), 0, 20);
}

/** Ids as the product makes them of seats; every contract whose ids are free gets the same. */
function seatId({ section, row, seat }: { section: bigint; row: bigint; seat: bigint }) {
  return (EVENT_ID << 40n) | (section << 24n) | (row << 12n) | seat;
}

/** Seat 1 of row 1, seat 2 and so on, 20 to a row. */
function seatAt(index: number): bigint {
  const row = BigInt(1 + Math.floor(index / ROW_SEATS));
  return seatId({ section: SECTION, row, seat: BigInt(1 + (index % ROW_SEATS)) });
}

/** A hundred fans with a ticket each. */
export function singleOrders(): Order[] {
  return Array.from({ length: BATCH }, (_, index) => ({ to: fan(index), ids: [seatAt(index)] }));
}

/** A hundred tickets as a sale's queue brings them: neighbours, one to four to an order. */
export function queueMix(): Order[] {
  const orders: Order[] = [];
  for (let at = 0; at < BATCH; ) {
    const wanted = ORDER_SIZES[orders.length % ORDER_SIZES.length] ?? 1;
    const count = Math.min(wanted, BATCH - at);
    const first = at;
    const ids = Array.from({ length: count }, (_, index) => seatAt(first + index));
    orders.push({ to: fan(orders.length), ids });
    at += count;
  }
  return orders;
}

/** Of every ten orders, three are of fans who hold a ticket already. */
const RETURNING = 0.3;

/** The fans of these orders who have been here before, evenly among the others. */
export function returningFans(orders: readonly Order[]): Hex[] {
  return orders
    .filter((_, index) => Math.floor((index + 1) * RETURNING) > Math.floor(index * RETURNING))
    .map(({ to }) => to);
}

/** So many neighbouring seats for one fan, from the first row on. */
export function orderOf(count: number, to: Hex = fan(0)): Order {
  return { to, ids: Array.from({ length: count }, (_, index) => seatAt(index)) };
}

/** A wallet that no order is of. */
export const NEW_WALLET = fan(BATCH);

/** The same orders, every third at the same price: what comes of it is the dearest way to sort. */
export function byPrice(orders: readonly Order[]): { price: bigint; orders: Order[] }[] {
  return PRICES.map((price, at) => ({
    price,
    orders: orders.filter((_, index) => index % PRICES.length === at),
  }));
}

/** One wallet's order in a section of its own, for the state before a measurement. */
export function earlierOrder(to: Hex, { section, count }: { section: bigint; count: number }) {
  return { to, ids: seatsOfRow({ section, row: 1n, count }) };
}

function seatsOfRow({ section, row, count }: { section: bigint; row: bigint; count: number }) {
  return Array.from({ length: count }, (_, index) =>
    seatId({ section, row, seat: BigInt(index + 1) }),
  );
}

/** A ticket for each of these wallets, in a section of its own. */
export function earlierTickets(wallets: readonly Hex[], section: bigint): Order[] {
  return wallets.map((to, index) => ({
    ...{ to, ids: seatsOfRow({ section, row: BigInt(index + 1), count: 1 }) },
  }));
}
