// Holds the places that a fan chose: all of them or none.
import { Refusal } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import { type Hold, holdOf } from "./hold.ts";
import { type HoldDeps, leasePlaces } from "./lease.ts";
import { countPlaces, type Places } from "./places.ts";
import { classesOf } from "./read-plan.ts";
import { type Phase, requirePhase } from "./sale.ts";

export async function holdPlaces(
  deps: HoldDeps,
  wish: { event: EventRef; owner: `0x${string}`; places: Places },
): Promise<Hold> {
  const { event, owner, places } = wish;
  const sale = await deps.readSale(event);
  const phase = requirePhase(sale, classesOf(sale, places));
  requireWithinOrder(phase, places);
  const { seats, areas } = places;
  const outcome = await leasePlaces(deps, { event, owner, sale, phase, wishes: [seats], areas });
  if ("lease" in outcome) return holdOf(outcome.lease, { event, owner, sale });
  throw new Refusal("hold/seat-taken", "A seat that you chose was just taken.", {
    seats: outcome.taken,
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
