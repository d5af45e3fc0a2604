// The one place of the page that talks to the API: every call has a deadline and knows its types.
import { createClient } from "#server/api/client.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { learnServerTime } from "./server-clock.ts";

/** Longer than any answer of a healthy server, shorter than a fan's patience. */
const CALL_TIMEOUT_MS = 10_000;

/** Tried once: screens load again by themselves, and acts have keys of their own. */
export const call = createClient({
  endpoints: ENDPOINTS,
  fetch: (address, init) => fetch(address, init),
  timeoutMs: CALL_TIMEOUT_MS,
  triesMax: 1,
  onAnswer: (response) => learnServerTime(response.headers.get("date")),
});
