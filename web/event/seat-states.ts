// What the server last said of each seat of an event.
import { SEAT_STATES, type SeatMapState } from "#server/domain/seat-map.ts";
import type { SeatKey } from "#server/domain/ticket-id.ts";

export interface SeatStates {
  of: (seat: SeatKey) => SeatMapState;
  count: (state: SeatMapState) => number;
}

/** `places` of the seats in the plan; `states` by place. */
export function createSeatStates(
  places: ReadonlyMap<SeatKey, number>,
  states: Uint8Array,
): SeatStates {
  const counts = SEAT_STATES.map(() => 0);
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return {
    of: (seat) => SEAT_STATES[states[places.get(seat) ?? -1] ?? 0] ?? "free",
    count: (state) => counts[SEAT_STATES.indexOf(state)] ?? 0,
  };
}
