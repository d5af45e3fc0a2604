// What a checkout session has come to, held against the payment that it was made for.
import type Stripe from "stripe";
import type { ProviderPayment, Standing } from "../provider.ts";

export interface Expected extends ProviderPayment {
  livemode: boolean;
}

/** The session with its intent in it, as one look at Stripe answers them. */
export function intentOf(session: Stripe.Checkout.Session): Stripe.PaymentIntent | undefined {
  const { payment_intent: intent } = session;
  return typeof intent === "object" && intent !== null ? intent : undefined;
}

export function readStanding(
  session: Stripe.Checkout.Session,
  expected: Expected,
  returnUrl: string,
): Standing {
  const wrong = differenceOf(session, expected);
  if (wrong !== undefined) return { standing: "ended", reason: wrong };
  if (session.status === "open") return { standing: "waiting", url: session.url ?? returnUrl };
  if (session.status !== "complete") {
    return { standing: "ended", reason: "The time to pay is over; nothing was charged." };
  }
  const status = intentOf(session)?.status;
  // Succeeded: our own capture, whose answer we may never have heard.
  if (status === "requires_capture" || status === "succeeded") return { standing: "authorised" };
  if (status === "processing") return { standing: "waiting", url: returnUrl };
  return { standing: "ended", reason: "The card payment was cancelled." };
}

/** Why the session is not the payment's, in words for the log; undefined where all is as it was. */
function differenceOf(session: Stripe.Checkout.Session, expected: Expected): string | undefined {
  const { paymentId, amount, currency, livemode } = expected;
  const wanted: [what: string, found: unknown, wanted: unknown][] = [
    ["the payment", session.client_reference_id, paymentId],
    ["the mode", session.livemode, livemode],
    ["the amount", session.amount_total, Number(amount)],
    ["the currency", session.currency, currency.toLowerCase()],
  ];
  const intent = intentOf(session);
  if (intent !== undefined && session.status === "complete") {
    wanted.push(
      ["the intent's payment", intent.metadata.paymentId, paymentId],
      ["the intent's mode", intent.livemode, livemode],
      ["the intent's amount", intent.amount, Number(amount)],
      ["the intent's currency", intent.currency, currency.toLowerCase()],
    );
    if (intent.status === "requires_capture") {
      wanted.push(["what can be captured", intent.amount_capturable, Number(amount)]);
    }
  }
  const difference = wanted.find(([, found, should]) => found !== should);
  if (difference === undefined) return undefined;
  const [what, found, should] = difference;
  return `Stripe has another idea of ${what}: ${String(found)} instead of ${String(should)}.`;
}
