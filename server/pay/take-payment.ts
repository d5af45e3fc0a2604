// Pays an order: reserve, authorise, make the seats safe, capture, post. Each step can be repeated (D9).
import { Fault, Refusal } from "../domain/failure.ts";
import type { PaymentState } from "../domain/order.ts";
import { showClaim } from "../hold/show-claim.ts";
import type { Db } from "../platform/db/client.ts";
import { findStored, once } from "../platform/db/keyed.ts";
import type { Log } from "../platform/log.ts";
import type { RedisClient } from "../platform/redis.ts";
import type { MintQueue } from "../queue/mint-queue.ts";
import { beginPayment, type Payment } from "./begin-payment.ts";
import { type PaidOrder, postCapture } from "./post-capture.ts";
import type { PaymentProvider } from "./provider.ts";
import { giveUpCapture, secureClaims } from "./secure-claims.ts";

/** Each further one needs another tab whose card is declined in between. */
const ATTEMPTS_MAX = 5;

export interface PayDeps {
  db: Db;
  redis: RedisClient;
  queue: MintQueue;
  provider: PaymentProvider;
  log: Log;
}

export interface PaymentWish {
  orderId: string;
  buyer: `0x${string}`;
  source: string;
  key: string;
}

export interface PaymentAnswer {
  id: string;
  orderId: string;
  state: PaymentState;
  amount: string;
  currency: string;
}

export async function takePayment(deps: PayDeps, wish: PaymentWish): Promise<PaymentAnswer> {
  const { orderId, buyer, source, key } = wish;
  const request = { owner: buyer, key, route: "createPayment", body: { orderId, source } };
  const stored = await findStored<PaymentAnswer>(deps.db, request);
  if (stored !== undefined) return stored;

  const payment = await captureOrder(deps, wish);
  let paid: PaidOrder | undefined;
  const answer = await once(deps.db, request, async (sql) => {
    paid = await postCapture(sql, payment);
    return {
      id: payment.id,
      orderId,
      state: "captured" as const,
      amount: payment.amount.toString(),
      currency: payment.currency,
    };
  });
  if (paid !== undefined) await announce(deps, paid);
  return answer;
}

/** Ends with money captured and seats safe, or with a refusal and nothing charged. */
async function captureOrder(deps: PayDeps, wish: PaymentWish): Promise<Payment> {
  const { orderId, buyer, source } = wish;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const payment = await beginPayment(deps.db, { orderId, buyer, provider: deps.provider.name });
    if (payment.state === "captured") return payment;
    const providerRef = payment.provider_ref ?? (await authorise(deps, payment, source));
    const ending = await captureSafely(deps, { paymentId: payment.id, orderId, providerRef });
    if (ending === "captured") return payment;
    if (ending === "lost") {
      throw new Refusal("order/expired", "A seat of this order is gone; nothing was charged.");
    }
    // Another tab's card was declined on the payment that both shared: this card begins its own.
  }
  throw new Fault("server/unavailable", "Several tabs are paying this order at once.");
}

async function authorise(
  { db, provider }: PayDeps,
  payment: Payment,
  source: string,
): Promise<string> {
  const { id: paymentId, order_id: orderId, amount, currency } = payment;
  const answer = await provider.authorise({ paymentId, orderId, amount, currency, source });
  if (answer.outcome === "authorised") return answer.providerRef;
  await db.query({
    text: `UPDATE sale.payment SET state = 'declined', provider_ref = $2, updated_at = now()
           WHERE id = $1 AND state = 'started'`,
    values: [paymentId, answer.providerRef],
  });
  throw new Refusal("pay/declined", answer.reason);
}

export async function captureSafely(
  { db, provider }: Pick<PayDeps, "db" | "provider">,
  payment: { paymentId: string; orderId: string; providerRef: string },
): Promise<"captured" | "lost" | "ended"> {
  const { paymentId, orderId, providerRef } = payment;
  const security = await secureClaims(db, { id: paymentId, orderId, providerRef });
  if (security === "captured") return "captured";
  if (security !== "safe") {
    await provider.void({ paymentId, providerRef });
    return security;
  }
  try {
    await provider.capture({ paymentId, providerRef });
  } catch (error) {
    if (error instanceof Refusal) await giveUpCapture(db, { id: paymentId, orderId });
    throw error;
  }
  return "captured";
}

/** Hints only: the claim holds and the outbox is found by the sweep without them. */
export async function announce(
  { redis, queue, log }: Pick<PayDeps, "redis" | "queue" | "log">,
  { event, orderId, buyer, places }: PaidOrder,
): Promise<void> {
  await queue.wake(event);
  try {
    const claim = { event, orderId, owner: buyer, holdId: undefined, places };
    await showClaim({ redis }, { ...claim, expiresAt: "sold" });
  } catch (err) {
    log.warn({ err, orderId }, "the sale is not shown yet; it holds all the same");
  }
}
