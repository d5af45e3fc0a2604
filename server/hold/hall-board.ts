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

const FREE = 0;
const HELD = 1;
const SOLD = 2;
const OFF = 3;

/**
 * Each process learns within this of a seat that is kept for somebody; whoever changes from one
 * process to another in the meantime is told once more.
 */
const OFF_TOLD_MS = 60_000;

/** What is shown, is shown up to `now`; `seen` stays the same as long as nothing changes. */
interface ShownTo {
  now: BoardTime;
  seen: BoardTime;
}

export class HallBoard {
  /** As everybody was told last. */
  readonly states: Uint8Array;
  readonly #places: ReadonlyMap<SeatKey, number>;
  readonly #untilMs: Float64Array;
  readonly #off: Uint8Array;
  /** When each seat was touched last: by which entry of the log, or by which moment. */
  readonly #touchedBy: Float64Array;
  readonly #touchedMs: Float64Array;
  readonly #touched = new Set<number>();
  #time: BoardTime = { number: 0, nowMs: 0 };
  /** The end of a lease that was applied last. */
  #endedMs = 0;
  #nextEndMs = Number.POSITIVE_INFINITY;
  #shownTo: ShownTo = { now: { number: 0, nowMs: 0 }, seen: { number: 0, nowMs: 0 } };

  /** `seats` in the order of the plan; whatever is no seat of it is passed over. */
  constructor(seats: readonly SeatKey[]) {
    this.#places = new Map(seats.map((seat, place) => [seat, place]));
    this.states = new Uint8Array(seats.length);
    this.#untilMs = new Float64Array(seats.length);
    this.#off = new Uint8Array(seats.length);
    this.#touchedBy = new Float64Array(seats.length);
    this.#touchedMs = new Float64Array(seats.length);
  }

  /** How far the log is followed; what is shown may be a moment behind it. */
  get number(): number {
    return this.#time.number;
  }

  get shownTo(): ShownTo {
    return this.#shownTo;
  }

  placesOf(seats: readonly SeatKey[]): number[] {
    return seats.flatMap((seat) => this.#places.get(seat) ?? []);
  }

  /** Everything anew: whatever is not listed is free. */
  replace(occupied: readonly Occupied[], at: BoardTime): void {
    this.#untilMs.fill(0);
    this.#nextEndMs = Number.POSITIVE_INFINITY;
    for (const { seat, untilMs } of occupied) this.#put(seat, untilMs, at.number);
    for (let place = 0; place < this.states.length; place += 1) this.#touched.add(place);
    this.#time = { ...at };
    // Leases that have ended are listed as well, and touch their seats in the moment they ended.
    this.advance(at.nowMs);
    this.#endedMs = at.nowMs;
  }

  /** One entry of the log; entries come in their order. */
  apply(number: number, occupied: readonly Occupied[]): void {
    for (const { seat, untilMs } of occupied) this.#put(seat, untilMs, number);
    this.#time.number = number;
  }

  /** Lets leases end; one pass over the seats, and only when one of them has to. */
  advance(nowMs: number): void {
    this.#time.nowMs = Math.max(this.#time.nowMs, nowMs);
    if (this.#nextEndMs > this.#time.nowMs) return;
    this.#nextEndMs = Number.POSITIVE_INFINITY;
    for (const [place, until] of this.#untilMs.entries()) {
      if (until === 0 || until === SOLD_MS) continue;
      if (until > this.#time.nowMs) {
        this.#nextEndMs = Math.min(this.#nextEndMs, until);
        continue;
      }
      this.#untilMs[place] = 0;
      this.#touchedMs[place] = until;
      this.#endedMs = Math.max(this.#endedMs, until);
      this.#touched.add(place);
    }
  }

  /** Seats that fans cannot have now, free or not. Told like a change of this moment. */
  setOff(kept: readonly SeatKey[]): void {
    const before = this.#off.slice();
    this.#off.fill(0);
    for (const place of this.placesOf(kept)) this.#off[place] = 1;
    const { nowMs } = this.#time;
    for (const [place, was] of before.entries()) {
      if (was === this.#off[place]) continue;
      this.#touchedMs[place] = nowMs + OFF_TOLD_MS;
      this.#endedMs = Math.max(this.#endedMs, nowMs);
      this.#touched.add(place);
    }
  }

  /** Places whose state is another one than was shown; from now on the new one is shown. */
  show(): number[] {
    const changed: number[] = [];
    for (const place of this.#touched) {
      const state = this.#stateOf(place);
      if (state === this.states[place]) continue;
      this.states[place] = state;
      changed.push(place);
    }
    this.#touched.clear();
    const seen = { number: this.#time.number, nowMs: this.#endedMs };
    this.#shownTo = { now: { ...this.#time }, seen };
    return changed;
  }

  /** Places that may have changed for somebody who knows everything up to then. */
  since({ number, nowMs }: BoardTime): number[] {
    const places: number[] = [];
    for (let place = 0; place < this.states.length; place += 1) {
      const isLater =
        (this.#touchedBy[place] ?? 0) > number || (this.#touchedMs[place] ?? 0) > nowMs;
      if (isLater) places.push(place);
    }
    return places;
  }

  #put(seat: SeatKey, until: number, number: number): void {
    const place = this.#places.get(seat);
    if (place === undefined) return;
    this.#untilMs[place] = until;
    this.#touchedBy[place] = number;
    this.#touched.add(place);
    if (until > 0 && until < this.#nextEndMs) this.#nextEndMs = until;
  }

  #stateOf(place: number): SeatStateNumber {
    const until = this.#untilMs[place] ?? 0;
    if (until === SOLD_MS) return SOLD;
    if (until > this.#time.nowMs) return HELD;
    return this.#off[place] === 1 ? OFF : FREE;
  }
}
