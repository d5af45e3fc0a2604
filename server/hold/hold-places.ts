// Holds the places that a fan chose: all of them or none.
import { WHEELCHAIR } from "../domain/best-available.ts";
import { Refusal } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import type { Log } from "../platform/log.ts";
import { findAlternatives } from "./find-alternatives.ts";
import { type Hold, holdOf } from "./hold.ts";
import { type HoldDeps, leasePlaces } from "./lease.ts";
import { countPlaces, type Places } from "./places.ts";
import { classesOf, requirePlaces, type SaleSeat } from "./read-plan.ts";
import { type Phase, requirePhase } from "./sale.ts";
import type { ReadSeatBoard } from "./seat-board.ts";

export interface ChoiceDeps extends HoldDeps {
  readSeatBoard: ReadSeatBoard;
  log: Log;
}

export async function holdPlaces(
  deps: ChoiceDeps,
  wish: {
    /** Made of the caller's key. */
    id?: string | undefined;
    event: EventRef;
    owner: `0x${string}`;
    places: Places;
    /** Said by a fan who needs a wheelchair place. */
    isAccessible?: boolean;
  },
): Promise<Hold> {
  const { id, event, owner, places, isAccessible = false } = wish;
  const sale = await deps.readSale(event);
  const { seats, areas } = places;
  const found = requirePlaces(sale, places);
  const phase = requirePhase(sale, classesOf(found));
  requireWithinOrder(phase, places);
  requireAccess(found.seats, isAccessible);
  const ask = { id, event, owner, sale, phase, areas };
  const outcome = await leasePlaces(deps, { ...ask, wishes: [seats] });
  if ("lease" in outcome) return holdOf(outcome.lease, { event, owner, sale });
  // The answer stands without them: a fan who lost is told so even when nothing else can be read.
  const alternatives = await deps
    .readSeatBoard(event, sale)
    .then((board) => findAlternatives(sale, board, { lost: seats, phase }))
    .catch((err) => {
      deps.log.warn({ err }, "no alternatives can be named");
      return [];
    });
  throw new Refusal("hold/seat-taken", "A seat that you chose was just taken.", {
    seats: outcome.taken,
    alternatives,
  });
}

/** Wheelchair places are for who says that one is needed, companion seats for who comes along. */
function requireAccess(seats: readonly SaleSeat[], isAccessible: boolean): void {
  const kept = seats.filter(({ access }) => access !== 0);
  if (kept.length === 0) return;
  if (isAccessible && kept.some(({ access }) => access === WHEELCHAIR)) return;
  throw new Refusal("hold/access-seat", "Some of these seats are kept for wheelchair users.", {
    seats: kept.map(({ seat }) => seat),
  });
}

export function requireWithinOrder({ limitPerOrder: limit }: Phase, places: Places): void {
  const wanted = countPlaces(places);
  if (wanted <= limit) return;
  throw new Refusal("hold/limit-reached", `One order may have ${limit} places here.`, {
    limit,
    wanted,
  });
}
