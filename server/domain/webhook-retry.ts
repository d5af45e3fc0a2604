// When a webhook that was not taken is sent again: often at first, then for the better part of two days.

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** After the first attempt, then after the second, and so on: 39 h 36 min altogether. */
const WAITS_MS = [
  5 * SECOND_MS,
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  10 * HOUR_MS,
  12 * HOUR_MS,
] as const;

export const ATTEMPTS_MAX = WAITS_MS.length + 1;
/** So that what failed together does not come back together. */
const SPREAD = 0.1;
/** A receiver may ask for a longer wait than ours, but not for for ever. */
const ASKED_WAIT_MAX_MS = HOUR_MS;

/**
 * How long to wait after this many attempts; undefined if that was the last one. `spread` is a
 * number from 0 to 1, `askedMs` what the receiver's Retry-After says.
 */
export function retryWaitMs(
  attempts: number,
  { spread, askedMs = 0 }: { spread: number; askedMs?: number },
): number | undefined {
  const wait = WAITS_MS[attempts - 1];
  if (wait === undefined) return undefined;
  const asked = Math.min(askedMs, ASKED_WAIT_MAX_MS);
  return Math.round(Math.max(wait, asked) * (1 + spread * SPREAD));
}

/** The header as milliseconds; 0 for none, for a date in the past and for nonsense. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0;
  if (/^\d{1,9}$/.test(header)) return Number(header) * SECOND_MS;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}
