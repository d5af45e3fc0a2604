// The nearest free seats to those that a fan lost: as many, together, in the same category.
import { findRuns, type Place, WHEELCHAIR } from "../domain/best-available.ts";
import type { SeatKey } from "../domain/ticket-id.ts";
import type { Phase, Sale } from "./sale.ts";
import type { SeatBoard } from "./seat-board.ts";

const ALTERNATIVES_MAX = 3;

export function findAlternatives(
  { seats, house }: Sale,
  { isTaken }: SeatBoard,
  { lost, phase }: { lost: readonly SeatKey[]; phase: Phase },
): SeatKey[][] {
  const places = lost.flatMap((seat) => seats.get(seat) ?? []);
  const [first] = places;
  if (first === undefined) return [];
  const wish = {
    places: places.length,
    wheelchairs: places.filter(({ access }) => access === WHEELCHAIR).length,
    isOnSale: (place: Place) => phase.classes.includes(place.class),
    suits: (place: Place) => place.category === first.category,
    near: { x: middle(places, "x"), y: middle(places, "y") },
  };
  const runs = findRuns(house, wish, { isTaken, runsMax: ALTERNATIVES_MAX });
  return runs.map((run) => run.seats);
}

function middle(places: readonly Place[], axis: "x" | "y"): number {
  return places.reduce((sum, place) => sum + place[axis], 0) / places.length;
}
