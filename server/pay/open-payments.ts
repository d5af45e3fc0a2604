// Which payment provider this installation has, made from its environment.
import type Stripe from "stripe";
import type { Db } from "../platform/db/client.ts";
import type { Env } from "../platform/env.ts";
import type { Log } from "../platform/log.ts";
import { createDevelopmentProvider } from "./development-provider.ts";
import type { PaymentProvider } from "./provider.ts";
import { isLive, openStripe } from "./stripe/open-stripe.ts";
import type { Origin } from "./stripe/receive-event.ts";
import { createStripeProvider } from "./stripe/stripe-provider.ts";

export interface Payments {
  provider: PaymentProvider | undefined;
  /** Where the provider is Stripe: its client, and whose events are ours. */
  stripe: { client: Stripe; origin: Origin } | undefined;
}

type PaymentEnv = Pick<Env, "nodeEnv" | "deployments" | "paymentProvider" | "stripe" | "publicUrl">;

export function openPayments(deps: { env: PaymentEnv; db: Db; log: Log }): Payments {
  const { env, db, log } = deps;
  const { paymentProvider, stripe: access, publicUrl } = env;
  if (paymentProvider === "development") {
    return { provider: createDevelopmentProvider(env, db), stripe: undefined };
  }
  if (access === undefined) return { provider: undefined, stripe: undefined };
  const client = openStripe(access);
  const livemode = isLive(access);
  const provider = createStripeProvider({ stripe: client, publicUrl, livemode, log });
  const { webhookSecret, account } = access;
  return { provider, stripe: { client, origin: { webhookSecret, account, livemode } } };
}
