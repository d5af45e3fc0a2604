// A call that must not be done twice: its key is stored before it is sent, so a reload sends the same.
import type { CallInput } from "#server/api/client.ts";
import { call } from "./call.ts";
import type { EndpointName } from "./endpoints.ts";
import { type ApiFailure, isFailure } from "./failure.ts";
import { tabMemory } from "./storage.ts";

const IN_FLIGHT_TRIES_MAX = 10;
const IN_FLIGHT_WAIT_MS = 500;

/** `purpose` names the act, such as the payment of one order with one card. */
export async function callKeyed<N extends EndpointName>(
  name: N,
  purpose: string,
  input: CallInput<N>,
) {
  const slot = `key:${purpose}`;
  const key = tabMemory.read(slot) ?? crypto.randomUUID();
  tabMemory.write(slot, key);
  for (let tries = 1; ; tries += 1) {
    try {
      return await call(name, { ...input, key });
    } catch (error) {
      if (isFailure(error, "request/in-flight") && tries < IN_FLIGHT_TRIES_MAX) {
        await new Promise((resolve) => setTimeout(resolve, IN_FLIGHT_WAIT_MS));
        continue;
      }
      // Only a definite no ends the act. Without an answer it may have been done: keep the key.
      if (isFailure(error) && endsTheAct(error)) tabMemory.forget(slot);
      throw error;
    }
  }
}

/** For what a server does once whatever the key is: a new key asks for the answer as it is now. */
export function callAnew<N extends EndpointName>(name: N, input: CallInput<N>) {
  return call(name, { ...input, key: crypto.randomUUID() });
}

/** Whether an act with this purpose was begun in this tab, so that it can be asked for again. */
export function wasBegun(purpose: string): boolean {
  return tabMemory.read(`key:${purpose}`) !== null;
}

function endsTheAct(failure: ApiFailure): boolean {
  return failure.retry !== "same" && !failure.code.startsWith("auth/");
}
