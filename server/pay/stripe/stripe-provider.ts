// Card payments by Stripe Checkout behind the port: fans pay on Stripe's page, no card comes near us.
import type Stripe from "stripe";
import { Refusal } from "../../domain/failure.ts";
import type { Log } from "../../platform/log.ts";
import type { Charge, PaymentProvider, ProviderPayment, Standing } from "../provider.ts";
import { giveBack } from "./give-back.ts";
import { listMoney } from "./list-money.ts";
import { asStripeFault, isRefusedByStripe } from "./open-stripe.ts";
import { payBack } from "./pay-back.ts";
import { intentOf, readStanding } from "./read-standing.ts";

export const STRIPE = "stripe";
/**
 * Stripe allows no less than half an hour, and a retry must send the same time again: counted from
 * the payment's beginning. The sweep closes the session as soon as the claim ends.
 */
const SESSION_MS = 60 * 60_000;
/** Stripe takes eight digits. */
const AMOUNT_MAX = 99_999_999n;

export interface StripeDeps {
  stripe: Stripe;
  publicUrl: URL;
  livemode: boolean;
  log: Log;
}

export function createStripeProvider(deps: StripeDeps): PaymentProvider {
  return {
    name: STRIPE,
    authorise: (charge) => begin(deps, charge),
    check: async (payment) => standingOf(deps, payment, await look(deps, payment)),
    close: (payment) => close(deps, payment),
    capture: (payment) => capture(deps, payment),
    void: async (payment) => {
      // Without a session nobody has its address, so nobody can pay it.
      if (!hasSession(payment)) return;
      const session = await closeSession(deps, payment);
      const intent = intentOf(session);
      if (intent !== undefined) await giveBack(deps, intent, payment.paymentId);
    },
    payBack: async (payment, wish) => {
      const intent = intentOf(await look(deps, payment));
      if (intent === undefined) return { standing: "refused", reason: "Nothing was ever paid." };
      return payBack(deps, intent.id, wish);
    },
    list: (window) => listMoney(deps, window),
  };
}

async function begin({ stripe, publicUrl, log }: StripeDeps, charge: Charge) {
  const { paymentId, orderId, amount, currency, begunAt } = charge;
  const declined = (reason: string) =>
    ({ outcome: "declined", providerRef: paymentId, reason }) as const;
  if (amount <= 0n || amount > AMOUNT_MAX) return declined("No card can be charged this amount.");
  // Several installations may share an account: each finds its own by this.
  const metadata = { orderId, paymentId, site: publicUrl.host };
  const orderUrl = new URL(`/orders/${orderId}`, publicUrl).href;
  try {
    const session = await stripe.checkout.sessions.create(
      {
        mode: "payment",
        allowed_payment_method_types: ["card"],
        // Else Stripe may charge another currency than the order has.
        adaptive_pricing: { enabled: false },
        payment_method_options: { card: { request_three_d_secure: "any" } },
        payment_intent_data: { capture_method: "manual", metadata },
        client_reference_id: paymentId,
        metadata,
        line_items: [
          {
            quantity: 1,
            price_data: {
              currency: currency.toLowerCase(),
              unit_amount: Number(amount),
              product_data: { name: "Tickets", description: `Order ${orderId}` },
            },
          },
        ],
        expires_at: Math.floor((begunAt.getTime() + SESSION_MS) / 1_000),
        success_url: `${orderUrl}?returned=1`,
        cancel_url: orderUrl,
      },
      { idempotencyKey: paymentId },
    );
    return { outcome: "redirect", providerRef: session.id, url: session.url ?? orderUrl } as const;
  } catch (error) {
    if (!isRefusedByStripe(error)) throw asStripeFault(error);
    log.error({ err: asStripeFault(error).cause, paymentId }, "Stripe refuses to begin a payment");
    return declined("The card provider does not take this order.");
  }
}

async function capture(deps: StripeDeps, payment: ProviderPayment): Promise<void> {
  const { stripe } = deps;
  const before = intentOf(await look(deps, payment));
  if (before === undefined) throw new Refusal("pay/declined", "The card was not authorised.");
  let after = before;
  if (before.status === "requires_capture") {
    try {
      // No key of ours: Stripe would repeat a 500 to it for a day, and an intent is captured once.
      after = await stripe.paymentIntents.capture(before.id, {
        amount_to_capture: Number(payment.amount),
      });
    } catch (error) {
      // An answer that got lost, or a no: what the intent says now is the truth.
      after = intentOf(await look(deps, payment)) ?? before;
      if (after.status === "requires_capture") {
        if (!isRefusedByStripe(error)) throw asStripeFault(error);
        await giveBack(deps, after, payment.paymentId);
        throw new Refusal("pay/declined", "The bank took its authorisation back.");
      }
    }
  }
  const isWhole = after.amount_received === Number(payment.amount);
  if (after.status === "succeeded" && isWhole) return;
  const { id, status, amount_received: received } = after;
  deps.log.error({ intent: id, status, received }, "Stripe did not capture what the order costs");
  await giveBack(deps, after, payment.paymentId);
  throw new Refusal("pay/declined", "The card could not be charged; nothing was taken.");
}

async function close(deps: StripeDeps, payment: ProviderPayment): Promise<Standing> {
  return standingOf(deps, payment, await closeSession(deps, payment));
}

async function closeSession(
  deps: StripeDeps,
  payment: ProviderPayment,
): Promise<Stripe.Checkout.Session> {
  const session = await look(deps, payment);
  if (session.status !== "open") return session;
  try {
    await deps.stripe.checkout.sessions.expire(session.id);
  } catch (error) {
    // The fan may have been quicker; else the next look says that it is still open.
    if (!isRefusedByStripe(error)) throw asStripeFault(error);
  }
  return look(deps, payment);
}

function standingOf(
  { publicUrl, livemode, log }: StripeDeps,
  payment: ProviderPayment,
  session: Stripe.Checkout.Session,
): Standing {
  const returnUrl = new URL(`/orders/${session.metadata?.orderId ?? ""}`, publicUrl).href;
  const standing = readStanding(session, { ...payment, livemode }, returnUrl);
  if (standing.standing === "ended" && session.status === "complete") {
    log.error({ paymentId: payment.paymentId, reason: standing.reason }, "a payment is not ours");
  }
  return standing;
}

async function look({ stripe }: StripeDeps, payment: ProviderPayment) {
  const expand = ["payment_intent"];
  try {
    return await stripe.checkout.sessions.retrieve(payment.providerRef ?? "", { expand });
  } catch (error) {
    throw asStripeFault(error);
  }
}

/** A payment that Stripe refused to begin has its own id in place of a session's. */
function hasSession({ paymentId, providerRef }: ProviderPayment): boolean {
  return providerRef !== null && providerRef !== paymentId;
}
