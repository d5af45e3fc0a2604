// Pays an order: reserve, authorise here or elsewhere, make the seats safe, capture, post (D9).
import { Fault, Refusal } from "../domain/failure.ts";
import type { PaymentState } from "../domain/order.ts";
import { showClaim } from "../hold/show-claim.ts";
import type { Db } from "../platform/db/client.ts";
import { type KeyedRequest, once } from "../platform/db/keyed.ts";
import type { Log } from "../platform/log.ts";
import type { RedisClient } from "../platform/redis.ts";
import type { WakeQueue } from "../queue/wake-queue.ts";
import { type Payment, providerPayment } from "./begin-payment.ts";
import { gatherPayments, type PaymentWork } from "./gather-payments.ts";
import type { PaidOrder } from "./post-capture.ts";
import type { PaymentProvider, ProviderPayment } from "./provider.ts";
import { secondWayRefused } from "./refuse-second-way.ts";
import { giveUpCapture, secureClaims, voidEnded } from "./secure-claims.ts";
import type { PresentedVoucher } from "./voucher/voucher-row.ts";

/** Each further one needs another tab whose card is declined in between. */
const ATTEMPTS_MAX = 5;

export interface PayDeps {
  db: Db;
  redis: RedisClient;
  queue: WakeQueue;
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
  /** Where the fan goes on to pay; null once there is nothing left to do. */
  redirectUrl: string | null;
  /** What the fan's wallet goes on with, where it pays. */
  voucher: PresentedVoucher | null;
}

/** The payment of an order: its money taken, or waiting for the fan at the provider's page. */
interface Taken {
  payment: Payment;
  redirectUrl: string | null;
}

type TakeDeps = PayDeps & { work: PaymentWork<PaymentAnswer> };

export function takePayments(
  deps: Omit<PayDeps, "provider">,
): (provider: PaymentProvider, wish: PaymentWish) => Promise<PaymentAnswer> {
  const work = gatherPayments<PaymentAnswer>(deps);
  return (provider, wish) => takePayment({ ...deps, provider, work }, wish);
}

async function takePayment(deps: TakeDeps, wish: PaymentWish): Promise<PaymentAnswer> {
  const { orderId, buyer, source, key } = wish;
  const request = { owner: buyer, key, route: "createPayment", body: { orderId, source } };
  const taken = await captureOrder(deps, { ...wish, request });
  if ("id" in taken) return taken;
  const { payment, redirectUrl } = taken;
  const { id, currency } = payment;
  const told = { id, orderId, amount: payment.amount.toString(), currency, voucher: null };
  if (redirectUrl !== null) {
    const waiting = { ...told, state: "started" as const, redirectUrl };
    return once(deps.db, request, async () => waiting);
  }
  const captured = { ...told, state: "captured" as const, redirectUrl };
  const { answer, paid } = await deps.work.post({ request, payment, answer: captured });
  if (paid !== undefined) await announce(deps, paid);
  return answer;
}

/** Ends with money captured and seats safe, with a place to pay, or with a refusal. */
async function captureOrder(
  deps: TakeDeps,
  wish: PaymentWish & { request: KeyedRequest },
): Promise<Taken | PaymentAnswer> {
  const { orderId, buyer, source, request } = wish;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const provider = deps.provider.name;
    const reserved = await deps.work.reserve({ orderId, buyer, provider, request });
    if (reserved.stored !== undefined) return reserved.stored;
    const { payment } = reserved;
    if (payment.state === "captured") return { payment, redirectUrl: null };
    if (payment.provider !== deps.provider.name) {
      throw await secondWayRefused(deps.db, payment);
    }
    const stood = await standingOf(deps, payment, source);
    // Closed by somebody else meanwhile: the next round begins another payment.
    if (stood === undefined) continue;
    if (stood.standing === "waiting") {
      // The sweep closes the page there; until then nobody is sent to it.
      if (payment.lapsed) throw new Refusal("order/expired", "The order has ended.");
      return { payment, redirectUrl: stood.url };
    }
    const { providerRef } = stood;
    const capture = { ...providerPayment(payment), orderId, providerRef };
    const ending = await captureSafely(deps, capture, deps.work.secure);
    if (ending === "captured") return { payment, redirectUrl: null };
    if (ending === "lost") {
      throw new Refusal("order/expired", "A seat of this order is gone; nothing was charged.");
    }
    // Another tab's card was declined on the payment that both shared: this card begins its own.
  }
  throw new Fault("server/unavailable", "Several tabs are paying this order at once.");
}

type Stood =
  | { standing: "authorised"; providerRef: string }
  | { standing: "waiting"; url: string }
  | undefined;

async function standingOf(deps: PayDeps, payment: Payment, source: string): Promise<Stood> {
  const { provider_ref: providerRef } = payment;
  if (providerRef === null) return authorise(deps, payment, source);
  if (payment.state !== "started") return { standing: "authorised", providerRef };
  const found = await deps.provider.check(providerPayment(payment));
  if (found.standing === "authorised") return { ...found, providerRef };
  if (found.standing === "waiting") return found;
  await endPayment(deps, payment);
  return undefined;
}

async function authorise(deps: PayDeps, payment: Payment, source: string): Promise<Stood> {
  const { db, provider } = deps;
  const { id: paymentId, order_id: orderId, amount, currency, created_at: begunAt } = payment;
  const charge = { paymentId, orderId, amount, currency, begunAt, source };
  const answer = await provider.authorise(charge);
  const { providerRef } = answer;
  if (answer.outcome === "authorised") return { standing: "authorised", providerRef };
  const state = answer.outcome === "declined" ? "declined" : "started";
  const { rowCount } = await db.query({
    text: `UPDATE sale.payment SET state = $2, provider_ref = $3, updated_at = now()
           WHERE id = $1 AND state = 'started'`,
    values: [paymentId, state, providerRef],
  });
  if (answer.outcome === "declined") throw new Refusal("pay/declined", answer.reason);
  if (rowCount === 1) return { standing: "waiting", url: answer.url };
  // Another tab is further with the same payment, or it was given up while the provider took its
  // time: then nobody may pay there any more.
  if (await noteOwedVoid(db, { paymentId, providerRef })) {
    await voidEnded(deps, { ...providerPayment(payment), providerRef });
  }
  return undefined;
}

async function noteOwedVoid(
  db: Db,
  { paymentId, providerRef }: { paymentId: string; providerRef: string },
): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `UPDATE sale.payment SET owes_void = true, provider_ref = $2, updated_at = now()
           WHERE id = $1 AND state IN ('voided', 'declined')`,
    values: [paymentId, providerRef],
  });
  return rowCount === 1;
}

/** Nothing can come of it there, and so nothing can come of it here. */
export async function endPayment(
  { db, provider }: Pick<PayDeps, "db" | "provider">,
  payment: Payment,
): Promise<void> {
  await provider.void(providerPayment(payment));
  await db.query({
    text: `UPDATE sale.payment SET state = 'voided', updated_at = now()
           WHERE id = $1 AND state = 'started'`,
    values: [payment.id],
  });
}

export async function captureSafely(
  deps: Pick<PayDeps, "db" | "redis" | "provider">,
  payment: ProviderPayment & { orderId: string; providerRef: string },
  secure: PaymentWork<never>["secure"] = (authorised) => secureClaims(deps, authorised),
): Promise<"captured" | "lost" | "ended"> {
  const { db, provider } = deps;
  const { paymentId, orderId, providerRef } = payment;
  const security = await secure({ id: paymentId, orderId, providerRef });
  if (security === "captured") return "captured";
  if (security !== "safe") {
    await voidEnded(deps, payment);
    return security;
  }
  try {
    await provider.capture(payment);
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
