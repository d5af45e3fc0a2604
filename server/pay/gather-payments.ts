// The three transactions of a payment, each done for many at once: reserve, make safe, write down.
import type { Db } from "../platform/db/client.ts";
import { gatherWork, type Outcome } from "../platform/db/gather-work.ts";
import { findStoredEach, type KeyedRequest, onceEach } from "../platform/db/keyed.ts";
import type { RedisClient } from "../platform/redis.ts";
import { type Payment, type Reservation, reservePayments } from "./begin-payment.ts";
import { type PaidOrder, postCaptures } from "./post-capture.ts";
import { type Security, secureClaims } from "./secure-claims.ts";
import { type Authorised, securePayments } from "./secure-together.ts";

/** The answer that the key has already, or the payment to go on with. */
export type Reserved<Answer> =
  | { stored: Answer }
  | { stored: undefined; payment: Payment & { lapsed: boolean } };

interface Keyed {
  request: KeyedRequest;
}
type Wish = Keyed & Reservation;
type Posting<Answer> = Keyed & { payment: Payment; answer: Answer };

/** Answer is what the key's row keeps. */
export interface PaymentWork<Answer> {
  reserve(wish: Wish): Promise<Reserved<Answer>>;
  secure(payment: Authorised): Promise<Security>;
  /** Without an order where the answer was stored before. */
  post(posting: Posting<Answer>): Promise<{ answer: Answer; paid: PaidOrder | undefined }>;
}

export function gatherPayments<Answer>(deps: { db: Db; redis: RedisClient }): PaymentWork<Answer> {
  const { db } = deps;
  const secureTogether = gatherWork(db, {
    run: securePayments,
    wants: ({ orderId }: Authorised) => [orderId],
  });
  return {
    reserve: gatherWork(db, {
      run: (sql, wishes: readonly Wish[]) => reserveEach<Answer>(sql, wishes),
      wants: ({ orderId }: Wish) => [orderId],
    }),
    secure: async (payment) =>
      (await secureTogether(payment)) ? "safe" : secureClaims(deps, payment),
    post: gatherWork(db, {
      run: (sql, postings: readonly Posting<Answer>[]) => postEach(sql, postings),
      wants: ({ payment, request }: Posting<Answer>) => [
        ...[payment.order_id, `key ${request.owner} ${request.key}`],
      ],
    }),
  };
}

async function reserveEach<Answer>(
  sql: Parameters<typeof reservePayments>[0],
  wishes: readonly Wish[],
): Promise<Outcome<Reserved<Answer>>[]> {
  const requests = wishes.map(({ request }) => request);
  const stored = await findStoredEach<Answer>(sql, requests);
  const fresh = wishes.filter((_, at) => stored[at] === undefined);
  const reserved = fresh.length === 0 ? [] : await reservePayments(sql, fresh);
  let next = 0;
  return stored.map((before): Outcome<Reserved<Answer>> => {
    if (before !== undefined) return "done" in before ? { done: { stored: before.done } } : before;
    const outcome = reserved[next] as (typeof reserved)[number];
    next += 1;
    return "done" in outcome ? { done: { stored: undefined, payment: outcome.done } } : outcome;
  });
}

async function postEach<Answer>(
  sql: Parameters<typeof postCaptures>[0],
  postings: readonly Posting<Answer>[],
): Promise<Outcome<{ answer: Answer; paid: PaidOrder | undefined }>[]> {
  const paid = new Map<number, PaidOrder>();
  const requests = postings.map(({ request }) => request);
  const outcomes = await onceEach<Answer>(sql, requests, async (fresh) => {
    const those = fresh.flatMap((at) => postings[at] ?? []);
    const captures = those.map(({ payment }) => ({ payment, tickets: "queued" as const }));
    const orders = await postCaptures(sql, captures);
    for (const [of, order] of orders.entries()) paid.set(fresh[of] ?? -1, order);
    return those.map(({ answer }) => ({ done: answer }));
  });
  return outcomes.map((outcome, at) =>
    "done" in outcome ? { done: { answer: outcome.done, paid: paid.get(at) } } : outcome,
  );
}
