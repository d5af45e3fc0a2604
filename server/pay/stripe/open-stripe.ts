// The one place that makes a client of Stripe, and that turns its errors into ours.
import Stripe from "stripe";
import { Fault } from "../../domain/failure.ts";
import type { StripeAccess } from "../../platform/env.ts";

/** All tries of a call end before a sweep takes the payment for abandoned (30 s). */
const CALL_LIMIT_MS = 7_000;
const TRIES_AGAIN_MAX = 2;

export function openStripe(access: StripeAccess): Stripe {
  const { secretKey, account, apiUrl } = access;
  return new Stripe(secretKey, {
    timeout: CALL_LIMIT_MS,
    maxNetworkRetries: TRIES_AGAIN_MAX,
    telemetry: false,
    ...(account === undefined ? {} : { stripeAccount: account }),
    ...(apiUrl === undefined
      ? {}
      : {
          host: apiUrl.hostname,
          port: apiUrl.port,
          protocol: apiUrl.protocol === "http:" ? "http" : "https",
        }),
  });
}

export function isLive({ secretKey }: Pick<StripeAccess, "secretKey">): boolean {
  return secretKey.includes("_live_");
}

/** Whether Stripe understood us and said no; everything else is worth another try. */
export function isRefusedByStripe(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeInvalidRequestError ||
    error instanceof Stripe.errors.StripeCardError
  );
}

/** Without the error itself: its members have parts of the request and of the card in them. */
export function asStripeFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { type, code, statusCode, requestId, param } = error;
  const said = [type, statusCode, code, param, requestId].filter((part) => part !== undefined);
  const cause = new Error(`Stripe: ${said.join(" ")}`);
  return new Fault("server/unavailable", "The card provider does not answer.", { cause });
}
