// Makes orders of holds, many in one transaction: what is asked of each, its claims, its lines, its key.
import type { Refusal } from "../domain/failure.ts";
import { formatEventId } from "../domain/ticket-id.ts";
import type { Places } from "../hold/places.ts";
import type { Sql } from "../platform/db/client.ts";
import type { Outcome } from "../platform/db/gather-work.ts";
import { type KeyedRequest, onceEach } from "../platform/db/keyed.ts";
import { randomId } from "../platform/random.ts";
import { claimPlaces } from "./claim-places.ts";
import { buyerOf, findAboveLimits, type LimitedWish, lockBuyers } from "./find-above-limits.ts";
import { findUsed } from "./find-used.ts";
import { insertOrders, linesOf, type NewOrder } from "./insert-order.ts";
import { type OrderAnswer, presentOrder } from "./read-order.ts";

export interface OrderWish extends LimitedWish {
  holdId: string;
  heldAt: Date;
  request: KeyedRequest;
}

/** As its key's row has it. */
interface Stored {
  orderId: string;
  places: Places;
  expiresAt: string;
}

/** The answer is of whoever made it; who comes later reads the order as it is by then. */
export interface MadeOrder extends Stored {
  answer: OrderAnswer | undefined;
}

/** A wallet's orders of an event come one after another, and so do those who want one seat. */
export function wantsOf({ event, owner, places, request }: OrderWish): string[] {
  const id = formatEventId(event);
  return [
    ...[`key ${request.owner} ${request.key}`, `buyer ${buyerOf({ event, owner })}`],
    ...places.seats.map((seat) => `seat ${id} ${seat}`),
  ];
}

export async function claimOrders(
  sql: Sql,
  wishes: readonly OrderWish[],
): Promise<Outcome<MadeOrder>[]> {
  const answers = new Map<string, OrderAnswer>();
  const requests = wishes.map(({ request }) => request);
  const outcomes = await onceEach<Stored>(sql, requests, (fresh) => {
    const those = fresh.flatMap((at) => wishes[at] ?? []);
    return claimFresh(sql, those, answers);
  });
  return outcomes.map((outcome) => {
    if (!("done" in outcome)) return outcome;
    return { done: { ...outcome.done, answer: answers.get(outcome.done.orderId) } };
  });
}

async function claimFresh(
  sql: Sql,
  wishes: readonly OrderWish[],
  answers: Map<string, OrderAnswer>,
): Promise<Outcome<Stored>[]> {
  const holdIds = wishes.map(({ holdId }) => holdId);
  const [, used, above] = await Promise.all([
    lockBuyers(sql, wishes),
    findUsed(sql, holdIds),
    findAboveLimits(sql, wishes),
  ]);
  const refusals = wishes.map((_, at): Refusal | undefined => used[at] ?? above[at]);
  const granted = wishes.filter((_, at) => refusals[at] === undefined);
  const made = granted.length === 0 ? [] : await claimGranted(sql, granted, answers);
  let next = 0;
  return refusals.map((refused): Outcome<Stored> => {
    if (refused !== undefined) return { refused };
    const done = made[next] as Stored;
    next += 1;
    return { done };
  });
}

async function claimGranted(
  sql: Sql,
  wishes: readonly OrderWish[],
  answers: Map<string, OrderAnswer>,
): Promise<Stored[]> {
  const claims = wishes.map(({ event, places, sale }) => {
    return { event, orderId: randomId("ord"), places, ttlMs: sale.holdTtlMs };
  });
  const claimed = await claimPlaces(sql, claims);
  const orders = wishes.map(({ event, owner, sale, holdId, heldAt }, at): NewOrder => {
    const [claim, has] = [claims[at], claimed[at]];
    if (claim === undefined || has === undefined) throw new RangeError("a wish has its claim");
    const { orderId } = claim;
    const { expiresAt } = has;
    const lines = linesOf(sale, event, has);
    const { currency } = sale;
    const of = { orderId, owner, event, holdId, heldAt };
    return { ...of, expiresAt, lines, currency, state: "claimed" };
  });
  const createdAt = await insertOrders(sql, orders);
  for (const order of orders) answers.set(order.orderId, answerOf(order, createdAt));
  return orders.map(({ orderId, expiresAt }, at) => ({
    ...{ orderId, expiresAt: expiresAt.toISOString() },
    places: wishes[at]?.places ?? { seats: [], areas: [] },
  }));
}

/** What reading it back would say: nothing has happened to it yet. */
function answerOf(order: NewOrder, createdAt: Date): OrderAnswer {
  const { orderId: id, event, owner: buyer, state, currency, expiresAt, lines } = order;
  const row = {
    ...{ id, deployment: event.deployment, event_id: event.eventId, buyer, state, currency },
    total: lines.reduce((sum, { price }) => sum + price, 0n),
    ...{ created_at: createdAt, expires_at: expiresAt, paid_at: null },
    ...{ lapsed: false, dispute: null },
  };
  const fresh = {
    ...{ mint: null, tx_hash: null, refund: null },
    ...{ mint_block: null, safe_number: null, final_number: null },
    ...{ moved_from_seat: null, moved_from: null, moved_at: null },
  };
  const rows = lines
    .map(({ seat, label, ticketId, price }) => ({
      ...{ seat: BigInt(seat), label, ticket_id: ticketId, unit_price: price },
      ...fresh,
    }))
    .sort((a, b) => Number(a.seat - b.seat));
  return presentOrder(row, rows);
}
