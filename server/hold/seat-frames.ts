// The bytes of the seat feed: made once, and sent as they are to everybody who listens.
import { SEAT_STATES, type SeatMapState } from "../domain/seat-map.ts";

/** How long a browser waits before it connects again. */
const RECONNECT_MS = 1_500;

const frame = (lines: string[]): Uint8Array => Buffer.from(`${lines.join("\n")}\n\n`);

/** Keeps proxies from taking a quiet sale for a dead connection. */
export const BEAT_FRAME = frame([": beat"]);
export const HELLO_FRAME = frame([`retry: ${RECONNECT_MS}`]);
/** For who does not read as fast as seats change: ask for the map now and then instead. */
export const POLL_FRAME = frame(["event: poll", "data: {}"]);

/** What the listener knows has nothing to do with what is: fetch the map, go on from there. */
export function resetFrame(cursor: string): Uint8Array {
  return frame([`id: ${cursor}`, "event: reset", "data: {}"]);
}

/** States are absolute, so being told of a seat twice does no harm. */
export function seatsFrame(
  cursor: string,
  places: readonly number[],
  states: Readonly<Uint8Array>,
): Uint8Array {
  const changed: Partial<Record<SeatMapState, number[]>> = {};
  for (const place of places) {
    const state = SEAT_STATES[states[place] ?? 0] ?? "free";
    const list = changed[state] ?? [];
    changed[state] = list;
    list.push(place);
  }
  return frame([`id: ${cursor}`, "event: seats", `data: ${JSON.stringify(changed)}`]);
}
