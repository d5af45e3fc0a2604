// What this process knows of an event's free seats, brought up to date by the log before each choice.
import { type EventRef, formatEventId, type SeatKey } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { HoldDeps } from "./lease.ts";
import { readLeases } from "./read-leases.ts";
import type { Sale } from "./sale.ts";
import { readSeatChanges, type SeatChange } from "./seat-log.ts";

export interface SeatBoard {
  isTaken(ordinal: number): boolean;
  /** Keeps seats out of this process' other choices until it is called back. */
  reserve(seats: readonly SeatKey[]): () => void;
  /** Many choose at this moment. */
  isHerd(): boolean;
}

export type ReadSeatBoard = (event: EventRef, sale: Sale) => Promise<SeatBoard>;

/** 80,000 seats take a megabyte. */
const BOARDS_MAX = 50;
/** Behind every entry that there can be: answers where the log ends, and no entry. */
const LOG_END = "9999999999999999-0";
const TRIES_MAX = 3;
/** From so many choices at once on, not everybody should begin with the best. */
const HERD_FROM = 4;

interface Choosing {
  /** How many choices of this process are on their way, in all and for each seat. */
  count: number;
  ofSeat: Uint16Array;
}

interface Known {
  house: Sale["house"];
  untilMs: Float64Array;
  choosing: Choosing;
  position: string;
  /** The time of Redis minus our monotonic clock. */
  offsetMs: number;
}

export function createSeatBoards(deps: HoldDeps): ReadSeatBoard {
  const boards = new Map<string, Known>();
  const refreshing = new Map<string, Promise<Known>>();

  async function refresh(event: EventRef, sale: Sale): Promise<Known> {
    const key = formatEventId(event);
    const known = boards.get(key);
    const fresh = known?.house === sale.house ? await follow(deps, event, known) : undefined;
    const board = fresh ?? (await lookAtAll(deps, event, sale, known));
    // Last in a Map is newest: the first one goes when there are too many.
    boards.delete(key);
    boards.set(key, board);
    for (const oldest of boards.keys()) {
      if (boards.size <= BOARDS_MAX) break;
      boards.delete(oldest);
    }
    return board;
  }

  return async (event, sale) => {
    const key = formatEventId(event);
    // Everybody who comes while the log is read shares what it says: the script has the last word.
    let refreshed = refreshing.get(key);
    if (refreshed === undefined) {
      refreshed = refresh(event, sale).finally(() => refreshing.delete(key));
      refreshing.set(key, refreshed);
    }
    return boardOf(await refreshed, deps.clock);
  };
}

/** Undefined when the log does not join up with what is known. */
async function follow(
  { redis, clock }: HoldDeps,
  event: EventRef,
  known: Known,
): Promise<Known | undefined> {
  const { nowMs, changes } = await readSeatChanges(redis, event, known.position);
  if (changes === undefined) return undefined;
  known.offsetMs = nowMs - clock.monotonicMs();
  for (const change of changes) apply(known, change);
  known.position = changes.at(-1)?.position ?? known.position;
  return known;
}

async function lookAtAll(
  deps: HoldDeps,
  event: EventRef,
  sale: Sale,
  before: Known | undefined,
): Promise<Known> {
  const { house } = sale;
  const size = house.ordinals.size;
  const choosing =
    before?.house === house ? before.choosing : { count: 0, ofSeat: new Uint16Array(size) };
  for (let attempt = 1; ; attempt += 1) {
    // The position first: what changes while the seats are read is read again, and means the same.
    const { nowMs, newest } = await readSeatChanges(deps.redis, event, LOG_END);
    const offsetMs = nowMs - deps.clock.monotonicMs();
    const leases = await readLeases(deps, event);
    if (newest === undefined && attempt < TRIES_MAX) continue;
    const untilMs = new Float64Array(size);
    for (const { seat, expiresMs } of leases) {
      const ordinal = house.ordinals.get(seat);
      if (ordinal !== undefined) untilMs[ordinal] = expiresMs;
    }
    return { house, untilMs, choosing, position: newest ?? LOG_END, offsetMs };
  }
}

function apply({ house, untilMs }: Known, change: SeatChange): void {
  for (const seat of change.seats) {
    const ordinal = house.ordinals.get(seat);
    if (ordinal !== undefined) untilMs[ordinal] = change.untilMs;
  }
}

function boardOf({ house, untilMs, choosing, offsetMs }: Known, clock: Clock): SeatBoard {
  const nowMs = clock.monotonicMs() + offsetMs;
  const count = (seats: readonly SeatKey[], more: 1 | -1) => {
    choosing.count += more;
    for (const seat of seats) {
      const ordinal = house.ordinals.get(seat) ?? -1;
      choosing.ofSeat[ordinal] = (choosing.ofSeat[ordinal] ?? 0) + more;
    }
  };
  return {
    isTaken: (at) => (untilMs[at] ?? 0) > nowMs || (choosing.ofSeat[at] ?? 0) > 0,
    reserve: (seats) => {
      count(seats, 1);
      return () => count(seats, -1);
    },
    isHerd: () => choosing.count >= HERD_FROM,
  };
}
