// Ends a card payment so that nothing of it is taken: cancelled before the capture, refunded after.
import type Stripe from "stripe";
import type { Log } from "../../platform/log.ts";
import { asStripeFault, isRefusedByStripe } from "./open-stripe.ts";

export async function giveBack(
  { stripe, log }: { stripe: Stripe; log: Log },
  intent: Stripe.PaymentIntent,
  paymentId: string,
): Promise<void> {
  try {
    const ended = await endUncaptured(stripe, intent);
    if (ended.status !== "succeeded") return;
    log.error({ paymentId, intent: ended.id }, "captured money has no seat and is refunded");
    await refund(stripe, ended, paymentId);
  } catch (error) {
    throw asStripeFault(error);
  }
}

/** Cancelling what is cancelled changes nothing, so it needs no key of ours. */
async function endUncaptured(stripe: Stripe, intent: Stripe.PaymentIntent) {
  if (intent.status === "canceled" || intent.status === "succeeded") return intent;
  try {
    return await stripe.paymentIntents.cancel(intent.id);
  } catch (error) {
    const now = await stripe.paymentIntents.retrieve(intent.id);
    if (now.status === "canceled" || now.status === "succeeded") return now;
    throw error;
  }
}

/** All that was received, once: the key belongs to the payment. */
async function refund(stripe: Stripe, intent: Stripe.PaymentIntent, paymentId: string) {
  try {
    await stripe.refunds.create(
      { payment_intent: intent.id },
      { idempotencyKey: `${paymentId}:refund` },
    );
  } catch (error) {
    const isDone =
      isRefusedByStripe(error) && (error as { code?: string }).code === "charge_already_refunded";
    if (!isDone) throw error;
  }
}
