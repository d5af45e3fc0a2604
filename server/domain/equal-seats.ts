// Other seats for who paid too late: as good as those that somebody else has now, near, and together.
import {
  COMPANION,
  findRuns,
  type House,
  layOut,
  type Place,
  type Run,
  WHEELCHAIR,
} from "./best-available.ts";
import { type SeatKey, unpackSeat } from "./ticket-id.ts";

/** Among so many runs one has the kinds of seats that a group with a wheelchair had, if any has. */
const RUNS_MAX = 32;

/** A seat of a section that the order has a seat in. */
export interface Offer extends Place {
  /** Somebody else's by a claim that has not ended. */
  isTaken: boolean;
  /** May be somebody else's in a moment: on hold, or a late payment is on its way for it. */
  isWanted: boolean;
}

/** A seat that the order has or had. */
export interface OrderedSeat {
  seat: SeatKey;
  /** As it was sold, which is what its ticket will be. */
  class: number;
  isLost: boolean;
}

interface GroupSeat extends OrderedSeat {
  place: Place;
}

/**
 * Old seat → new seat, for those that change; undefined where nothing equal is free. Neighbours
 * move together, also when only one of them is lost; a group that lost nothing stays.
 */
export function findEqualSeats(
  offers: readonly Offer[],
  ordered: readonly OrderedSeat[],
): Map<SeatKey, SeatKey> | undefined {
  const groups = groupsOf(offers, ordered);
  if (groups === undefined) return undefined;
  const house = layOut(offers);
  const wanted = new Set(offers.filter(({ isWanted }) => isWanted).map(({ seat }) => seat));
  const gone = new Set(offers.filter(({ isTaken }) => isTaken).map(({ seat }) => seat));
  // No group goes where another of the same order is or was.
  for (const { seat } of ordered) gone.add(seat);
  const moves = new Map<SeatKey, SeatKey>();
  // The longest first: there are the fewest runs for it.
  for (const group of groups.filter(hasLost).sort((a, b) => b.length - a.length)) {
    const kept = new Set(group.filter(({ isLost }) => !isLost).map(({ seat }) => seat));
    const isGone = (seat: SeatKey) => gone.has(seat) && !kept.has(seat);
    const run =
      findRun(house, group, (seat) => isGone(seat) || (wanted.has(seat) && !kept.has(seat))) ??
      findRun(house, group, isGone);
    if (run === undefined) return undefined;
    for (const seat of run.seats) gone.add(seat);
    pair(group, run, moves);
  }
  return moves;
}

/** Seats next to each other that are of one category and class; undefined if one is unknown. */
function groupsOf(
  offers: readonly Offer[],
  ordered: readonly OrderedSeat[],
): GroupSeat[][] | undefined {
  const places = new Map(offers.map((offer) => [offer.seat, offer]));
  const groups: GroupSeat[][] = [];
  for (const each of [...ordered].sort((a, b) => a.seat - b.seat)) {
    const place = places.get(each.seat);
    if (place === undefined) return undefined;
    const last = groups.at(-1)?.at(-1);
    const isNext =
      last?.seat === each.seat - 1 &&
      last.class === each.class &&
      last.place.category === place.category;
    if (!isNext) groups.push([]);
    groups.at(-1)?.push({ ...each, place });
  }
  return groups;
}

function hasLost(group: readonly GroupSeat[]): boolean {
  return group.some(({ isLost }) => isLost);
}

/** The nearest, and none that leaves a lone seat behind while another does not. */
function findRun(
  house: House,
  group: readonly GroupSeat[],
  isGone: (seat: SeatKey) => boolean,
): Run | undefined {
  const [first] = group as [GroupSeat];
  const { section } = unpackSeat(first.seat);
  const ordinals = new Set<number>();
  for (const [seat, ordinal] of house.ordinals) if (isGone(seat)) ordinals.add(ordinal);
  const isOfClass = (place: Place) => place.class === first.class;
  const wish = {
    places: group.length,
    wheelchairs: countOf(group, WHEELCHAIR),
    isOnSale: isOfClass,
    suits: (place: Place) =>
      isOfClass(place) &&
      place.category === first.place.category &&
      unpackSeat(place.seat).section === section,
    near: { x: middle(group, "x"), y: middle(group, "y") },
  };
  const isTaken = (ordinal: number) => ordinals.has(ordinal);
  const runs = findRuns(house, wish, { isTaken, runsMax: RUNS_MAX });
  // Without its wheelchair place a companion seat is nothing that could be found elsewhere.
  const strays = group.length - wish.wheelchairs - countOf(group, COMPANION);
  if (wish.wheelchairs === 0) return strays === group.length ? runs[0] : undefined;
  return runs.find((run) => run.strays <= strays);
}

function countOf(group: readonly GroupSeat[], access: number): number {
  return group.filter(({ place }) => place.access === access).length;
}

function middle(group: readonly GroupSeat[], axis: "x" | "y"): number {
  return group.reduce((sum, { place }) => sum + place[axis], 0) / group.length;
}

/** A seat that is in both stays whose it was; the others follow from left to right. */
function pair(group: readonly GroupSeat[], run: Run, moves: Map<SeatKey, SeatKey>): void {
  const before = new Set(group.map(({ seat }) => seat));
  const after = new Set(run.seats);
  const leaving = [...before].filter((seat) => !after.has(seat));
  const coming = run.seats.filter((seat) => !before.has(seat));
  for (const [at, seat] of leaving.entries()) moves.set(seat, coming[at] as SeatKey);
}
