// How much memory listeners to a live seat map cost, and how long a change takes to reach them.
import { systemClock } from "#server/platform/clock.ts";
import type { ApiProcess } from "./api-process.ts";
import { hold, stalls } from "./buy.ts";
import type { House } from "./house.ts";
import { fetchSeatMap, listenToSeats, type SeatListener } from "./listen.ts";

const CONNECTED_AT_ONCE = 50;
const CHANGES = 10;
const SETTLE_MS = 1_500;
const ROW = 6;

export interface FeedMeasure {
  /** From the answer of the hold to the event at a listener, over all listeners and changes. */
  p95Ms: number;
  grownBytes: number;
  perListener: number;
}

export async function measureFeed(
  house: House,
  api: ApiProcess,
  count: number,
): Promise<FeedMeasure> {
  const { cursor } = await fetchSeatMap(api.url, house.eventId);
  await systemClock.sleep(SETTLE_MS);
  const before = api.residentBytes();
  const listeners: SeatListener[] = [];
  while (listeners.length < count) {
    const more = Math.min(CONNECTED_AT_ONCE, count - listeners.length);
    listeners.push(
      ...(await Promise.all(
        Array.from({ length: more }, () =>
          listenToSeats(api.url, house.eventId, { after: cursor }),
        ),
      )),
    );
  }
  const tookMs: number[] = [];
  for (let change = 0; change < CHANGES; change += 1)
    tookMs.push(...(await timeOne(house, listeners, change)));
  const grownBytes = api.residentBytes() - before;
  for (const listener of listeners) listener.close();
  const sorted = tookMs.sort((a, b) => a - b);
  return {
    p95Ms: Math.round(sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN),
    grownBytes,
    perListener: grownBytes / count,
  };
}

async function timeOne(house: House, listeners: SeatListener[], change: number): Promise<number[]> {
  const fan = await house.fan();
  const seen = listeners.map(({ next }) => next(({ data }) => data.held !== undefined));
  const startedMs = systemClock.monotonicMs();
  await hold(house, fan, stalls(ROW, change + 1));
  const atMs = await Promise.all(seen);
  return atMs.map((each) => each - startedMs);
}
