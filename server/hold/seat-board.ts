// The states of an event's seats in memory: what the log says, and what time alone changes.
import type { SeatStateNumber } from "../domain/seat-map.ts";
import type { SeatKey } from "../domain/ticket-id.ts";
import { NEVER_MS as SOLD_MS } from "./load-claims.ts";

/** What is known about a seat. */
export interface Occupied {
  seat: SeatKey;
  /** When it comes back by itself; 0 for now, NEVER_MS for a sold one. */
  untilMs: number;
}

/** Up to where a board, or somebody who follows it, knows everything. */
export interface BoardTime {
  /** Entries of the log. */
  number: number;
  /** By the clock of Redis: what ended before is free again. */
  nowMs: number;
}

export type SeatBoard = ReturnType<typeof createSeatBoard>;

const FREE = 0;
const HELD = 1;
const SOLD = 2;
const OFF = 3;

/**
 * Each process learns within this of a seat that is kept for somebody; whoever changes from one
 * process to another in the meantime is told once more.
 */
const OFF_TOLD_MS = 60_000;

/** `seats` in the order of the plan; whatever is no seat of it is passed over. */
export function createSeatBoard(seats: readonly SeatKey[]) {
  const places = new Map(seats.map((seat, place) => [seat, place]));
  const untilMs = new Float64Array(seats.length);
  const off = new Uint8Array(seats.length);
  /** As everybody was told last. */
  const shown = new Uint8Array(seats.length);
  /** When each seat was touched last: by which entry of the log, or by which moment. */
  const touchedBy = new Float64Array(seats.length);
  const touchedMs = new Float64Array(seats.length);
  const touched = new Set<number>();
  const time: BoardTime = { number: 0, nowMs: 0 };
  /** The end of a lease that was applied last. */
  let endedMs = 0;
  /** What is shown, is shown up to here; `seen` stays the same as long as nothing changes. */
  let shownTo = { now: { ...time }, seen: { ...time } };
  let nextEndMs = Number.POSITIVE_INFINITY;

  function put(seat: SeatKey, until: number, number: number): void {
    const place = places.get(seat);
    // A seat of an area has no place on the map.
    if (place === undefined) return;
    untilMs[place] = until;
    touchedBy[place] = number;
    touched.add(place);
    if (until > 0 && until < nextEndMs) nextEndMs = until;
  }

  function stateOf(place: number): SeatStateNumber {
    const until = untilMs[place] ?? 0;
    if (until === SOLD_MS) return SOLD;
    if (until > time.nowMs) return HELD;
    return off[place] === 1 ? OFF : FREE;
  }

  /** Lets leases end; one pass over the seats, and only when one of them has to. */
  function advance(nowMs: number): void {
    time.nowMs = Math.max(time.nowMs, nowMs);
    if (nextEndMs > time.nowMs) return;
    nextEndMs = Number.POSITIVE_INFINITY;
    for (const [place, until] of untilMs.entries()) {
      if (until === 0 || until === SOLD_MS) continue;
      if (until > time.nowMs) {
        nextEndMs = Math.min(nextEndMs, until);
        continue;
      }
      untilMs[place] = 0;
      touchedMs[place] = until;
      endedMs = Math.max(endedMs, until);
      touched.add(place);
    }
  }

  return {
    /** How far the log is followed; what is shown may be a moment behind it. */
    number: () => time.number,
    shownTo: () => shownTo,
    states: shown as Readonly<Uint8Array>,
    placesOf: (seats: readonly SeatKey[]) => seats.flatMap((seat) => places.get(seat) ?? []),

    /** Everything anew: whatever is not listed is free. */
    replace(occupied: readonly Occupied[], at: BoardTime): void {
      untilMs.fill(0);
      nextEndMs = Number.POSITIVE_INFINITY;
      for (const { seat, untilMs: until } of occupied) put(seat, until, at.number);
      for (let place = 0; place < seats.length; place += 1) touched.add(place);
      Object.assign(time, at);
      // Leases that have ended are listed as well, and touch their seats in the moment they ended.
      advance(at.nowMs);
      endedMs = at.nowMs;
    },

    /** One entry of the log; entries come in their order. */
    apply(number: number, occupied: readonly Occupied[]): void {
      for (const { seat, untilMs: until } of occupied) put(seat, until, number);
      time.number = number;
    },

    advance,

    /** Seats that fans cannot have now, free or not. Told like a change of this moment. */
    setOff(kept: readonly SeatKey[]): void {
      const before = off.slice();
      off.fill(0);
      for (const seat of kept) off[places.get(seat) ?? -1] = 1;
      for (const [place, was] of before.entries()) {
        if (was === off[place]) continue;
        touchedMs[place] = time.nowMs + OFF_TOLD_MS;
        endedMs = Math.max(endedMs, time.nowMs);
        touched.add(place);
      }
    },

    /** Places whose state is another one than was shown; from now on the new one is shown. */
    show(): number[] {
      const changed: number[] = [];
      for (const place of touched) {
        const state = stateOf(place);
        if (state === shown[place]) continue;
        shown[place] = state;
        changed.push(place);
      }
      touched.clear();
      shownTo = { now: { ...time }, seen: { number: time.number, nowMs: endedMs } };
      return changed;
    },

    /** Places that may have changed for somebody who knows everything up to then. */
    since({ number, nowMs }: BoardTime): number[] {
      const places: number[] = [];
      for (let place = 0; place < seats.length; place += 1) {
        const later = (touchedBy[place] ?? 0) > number || (touchedMs[place] ?? 0) > nowMs;
        if (later) places.push(place);
      }
      return places;
    },
  };
}
