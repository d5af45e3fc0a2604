// The bytes of the seat feed: made once, and sent as they are to everybody who listens.
import { SEAT_STATES, type SeatMapState } from "../domain/seat-map.ts";
import { eventFrame } from "../platform/event-frames.ts";

/** What the listener knows has nothing to do with what is: fetch the map, go on from there. */
export function resetFrame(cursor: string): Uint8Array {
  return eventFrame([`id: ${cursor}`, "event: reset", "data: {}"]);
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
  return eventFrame([`id: ${cursor}`, "event: seats", `data: ${JSON.stringify(changed)}`]);
}
