// A payment provider that asks no bank. It refuses to be made anywhere but on a local chain (D12).
import { Bug } from "../domain/failure.ts";
import { LOCAL_CHAIN_ID } from "../platform/development.ts";
import type { Env } from "../platform/env.ts";
import type { PaymentProvider } from "./provider.ts";

export function createDevelopmentProvider(
  env: Pick<Env, "nodeEnv" | "deployments">,
): PaymentProvider {
  const local = env.deployments.every(({ chainId }) => chainId === LOCAL_CHAIN_ID);
  if (env.nodeEnv !== "development" || !local) {
    throw new Bug("the development payment provider was loaded outside development");
  }
  return {
    name: "development",
    authorise: async ({ paymentId, source }) => {
      const providerRef = `dev_${paymentId}`;
      if (source === "declines") {
        return { outcome: "declined", providerRef, reason: "The card was declined." };
      }
      return { outcome: "authorised", providerRef };
    },
    // It keeps nothing: what its answer was not heard of has not happened.
    check: async () => ({ standing: "ended", reason: "The card was not authorised." }),
    close: async () => ({ standing: "ended", reason: "The card was not authorised." }),
    // It keeps nothing, so every step is its own repetition: capturing twice is capturing once.
    capture: async () => undefined,
    void: async () => undefined,
    payBack: async (_payment, { refundId }) => ({
      standing: "paid",
      providerRef: `dev_${refundId}`,
    }),
  };
}
