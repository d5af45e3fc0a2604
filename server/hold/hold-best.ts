// Holds the best seats that are left: chosen here, and again by the script among those that are free.
import { findGroups, findRuns, type Wish } from "../domain/best-available.ts";
import { Refusal } from "../domain/failure.ts";
import type { EventRef, SeatKey } from "../domain/ticket-id.ts";
import { randomBelow } from "../platform/random.ts";
import { type Hold, holdOf } from "./hold.ts";
import { requireWithinOrder } from "./hold-places.ts";
import { type HoldDeps, leasePlaces } from "./lease.ts";
import type { AreaPlaces } from "./places.ts";
import { type Phase, requirePhase, type Sale } from "./sale.ts";
import type { ReadSeatBoard, SeatBoard } from "./seat-board.ts";

export interface BestWish {
  places: number;
  /** Next to each other; otherwise in as few groups as can be. */
  isTogether: boolean;
  wheelchairs: number;
  category: number | undefined;
  /** None of these may a place cost more than, fees included. */
  pricesMax: bigint[];
}

/** Each is another choice, among which the script takes the first that is free. */
const WISHES_MAX = 8;
const RUNS_MAX = 32;
/** Every try knows all that was taken before it, so it is lost only to what came meanwhile. */
const TRIES_MAX = 6;
export async function holdBest(
  deps: HoldDeps & { readSeatBoard: ReadSeatBoard },
  wish: {
    /** Made of the caller's key. */
    id?: string | undefined;
    event: EventRef;
    owner: `0x${string}`;
    best: BestWish;
    areas: AreaPlaces[];
  },
): Promise<Hold> {
  const { id, event, owner, best, areas } = wish;
  const sale = await deps.readSale(event);
  const phase = requirePhase(sale, classesOfAreas(sale, areas));
  const seats = Array.from({ length: best.places }, () => 0);
  requireWithinOrder(phase, { seats, areas });
  for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
    const board = await deps.readSeatBoard(event, sale);
    const isHerd = tried > 1 || board.isHerd();
    const wishes = choose(sale, board, wishOf(best, phase), { best, isHerd });
    const giveBack = board.reserve(wishes[0]);
    try {
      const outcome = await leasePlaces(deps, { id, event, owner, sale, phase, wishes, areas });
      if ("lease" in outcome) return holdOf(outcome.lease, { event, owner, sale });
    } finally {
      giveBack();
    }
  }
  throw new Refusal("hold/seat-taken", "Others were quicker each time; try again.", { seats: [] });
}

function classesOfAreas(sale: Sale, areas: AreaPlaces[]): Set<number> {
  return new Set(areas.flatMap(({ area }) => sale.areas.get(area)?.class ?? []));
}

function wishOf({ places, wheelchairs, category, pricesMax }: BestWish, phase: Phase): Wish {
  return {
    places,
    wheelchairs,
    isOnSale: (place) => phase.classes.includes(place.class),
    suits: (place) =>
      (category === undefined || place.category === category) &&
      pricesMax.every((most) => place.price <= most),
  };
}

function choose(
  { house }: Sale,
  { isTaken }: SeatBoard,
  wish: Wish,
  { best, isHerd }: { best: BestWish; isHerd: boolean },
): [SeatKey[], ...SeatKey[][]] {
  const runs = findRuns(house, wish, { isTaken, runsMax: RUNS_MAX });
  // In a herd each begins elsewhere among the equally clean ones, and goes round.
  const tier = runs.filter(
    ({ strays, orphans }) => strays === runs[0]?.strays && orphans === runs[0]?.orphans,
  );
  const start = isHerd && tier.length > 1 ? randomBelow(tier.length) : 0;
  const [first, ...rest] = [...tier.slice(start), ...tier.slice(0, start)];
  if (first !== undefined) {
    return [first.seats, ...rest.slice(0, WISHES_MAX - 1).map(({ seats }) => seats)];
  }
  const groups = best.isTogether ? undefined : findGroups(house, wish, isTaken);
  if (groups !== undefined) return [groups.flatMap(({ seats }) => seats)];
  throw noneLeft(best, largestRun(house, wish, isTaken));
}

function largestRun(house: Sale["house"], wish: Wish, isTaken: SeatBoard["isTaken"]): number {
  for (let places = wish.places - 1; places > 0; places -= 1) {
    const [run] = findRuns(house, { ...wish, places }, { isTaken, runsMax: 1 });
    if (run !== undefined) return places;
  }
  return 0;
}

function noneLeft({ places, isTogether }: BestWish, largest: number): Refusal {
  const detail = isTogether
    ? `There are no ${places} such places together.`
    : `There are no ${places} such places left.`;
  return new Refusal("hold/none-left", detail, { largest });
}
