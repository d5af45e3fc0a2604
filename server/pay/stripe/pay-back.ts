// Gives a part of a captured card payment back: looked for first, then made once, whatever was heard of it.
import Stripe from "stripe";
import type { Log } from "../../platform/log.ts";
import type { PayBack, PayBackStanding } from "../provider.ts";
import { asStripeFault, isRefusedByStripe } from "./open-stripe.ts";

/** An order has far fewer tickets, and each is given back once. */
const REFUNDS_LISTED = 100;
/** Each further one takes a server error of Stripe that it repeats to its key for a day. */
const KEYS_MAX = 20;

export async function payBack(
  { stripe, log }: { stripe: Stripe; log: Log },
  intentId: string,
  wish: PayBack,
): Promise<PayBackStanding> {
  const known = await find(stripe, intentId, wish);
  if (known !== undefined) return standingOf(known);
  for (let at = 1; at <= KEYS_MAX; at += 1) {
    try {
      return standingOf(await create(stripe, { intentId, wish, key: keyOf(wish, at) }));
    } catch (error) {
      if (isRefusedByStripe(error)) {
        log.error({ refundId: wish.refundId, err: asStripeFault(error).cause }, "no refund");
        return { standing: "refused", reason: `The card provider says: ${codeOf(error)}.` };
      }
      // It may be done all the same, and only its answer was lost.
      const made = await find(stripe, intentId, wish);
      if (made !== undefined) return standingOf(made);
      // An old answer, repeated: what it tells of is over, and nothing came of it.
      if (!isRepeated(error)) throw asStripeFault(error);
    }
  }
  throw asStripeFault(new Stripe.errors.StripeAPIError({ type: "api_error", message: "no key" }));
}

function keyOf({ refundId, attempt }: PayBack, at: number): string {
  return `${refundId}:${attempt}:${at}`;
}

async function create(
  stripe: Stripe,
  { intentId, wish, key }: { intentId: string; wish: PayBack; key: string },
): Promise<Stripe.Refund> {
  const { refundId, amount, orderId, paymentId, attempt } = wish;
  return stripe.refunds.create(
    {
      payment_intent: intentId,
      amount: Number(amount),
      metadata: { refundId, attempt: String(attempt), orderId, paymentId },
    },
    { idempotencyKey: key },
  );
}

async function find(
  stripe: Stripe,
  intentId: string,
  { refundId, attempt }: PayBack,
): Promise<Stripe.Refund | undefined> {
  try {
    const { data } = await stripe.refunds.list({ payment_intent: intentId, limit: REFUNDS_LISTED });
    return data.find(
      ({ metadata }) => metadata?.refundId === refundId && metadata.attempt === String(attempt),
    );
  } catch (error) {
    throw asStripeFault(error);
  }
}

function standingOf({ id, status, failure_reason: why }: Stripe.Refund): PayBackStanding {
  if (status === "succeeded") return { standing: "paid", providerRef: id };
  if (status === "failed" || status === "canceled") {
    return { standing: "refused", reason: `The bank did not take it: ${why ?? status}.` };
  }
  return { standing: "waiting", providerRef: id };
}

function isRepeated(error: unknown): boolean {
  if (!(error instanceof Stripe.errors.StripeError)) return false;
  return error.headers?.["idempotent-replayed"] === "true";
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? "no";
}
