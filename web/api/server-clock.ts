// The server's time as this device can know it, so that a countdown is right on a wrong clock.

/** `Date` headers are cut to the second and answers travel: below this the device knows better. */
const SKEW_IGNORED_MS = 2_000;
const HALF_SECOND_MS = 500;

let skewMs = 0;

export function learnServerTime(dateHeader: string | null): void {
  const serverMs = Date.parse(dateHeader ?? "");
  if (Number.isNaN(serverMs)) return;
  const differenceMs = serverMs + HALF_SECOND_MS - Date.now();
  skewMs = Math.abs(differenceMs) < SKEW_IGNORED_MS ? 0 : differenceMs;
}

export function serverNowMs(): number {
  return Date.now() + skewMs;
}
