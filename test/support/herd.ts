// Many who want the best seats at the same moment, in two processes that do not know of each other.
import { Refusal } from "#server/domain/failure.ts";
import { holdBest } from "#server/hold/hold-best.ts";
import { holdDeps } from "./buy.ts";
import type { House } from "./house.ts";
import { seatHouse } from "./plan.ts";
import { fanOf } from "./rush.ts";
import type { Chance } from "./seeded.ts";

export const HERD = 160;
const HOUSE = { sections: 8, rows: 25, seats: 40 };
const PARTY_MAX = 4;
/** While seats last: for the last of them there may be no four together. */
const SOLD_SHARE = 0.95;

export interface Stampede {
  asked: number;
  served: number;
  /** Refusals because others were quicker, and because there is nothing together. */
  lost: number;
  noneLeft: number;
  /** Every seat that was given, in any order. */
  seats: number[];
}

export async function stampede(house: House, chance: Chance): Promise<Stampede> {
  const plan = await seatHouse(house, HOUSE);
  const processes = [holdDeps(house), holdDeps(house)];
  const result: Stampede = { asked: 0, served: 0, lost: 0, noneLeft: 0, seats: [] };
  while (result.seats.length < plan.length * SOLD_SHARE) {
    const outcomes = await Promise.allSettled(
      Array.from({ length: HERD }, (_, at) => {
        const owner = fanOf(result.asked + at);
        const deps = processes[at % processes.length] as (typeof processes)[number];
        const wishes = { isTogether: true, wheelchairs: 0, category: undefined, pricesMax: [] };
        const best = { ...wishes, places: 1 + chance(PARTY_MAX) };
        return holdBest(deps, { event: house.event, owner, best, areas: [] });
      }),
    );
    result.asked += HERD;
    for (const outcome of outcomes) note(result, outcome);
  }
  return result;
}

function note(
  result: Stampede,
  outcome: PromiseSettledResult<Awaited<ReturnType<typeof holdBest>>>,
): void {
  if (outcome.status === "fulfilled") {
    result.served += 1;
    result.seats.push(...outcome.value.places.seats);
    return;
  }
  const { reason } = outcome;
  if (!(reason instanceof Refusal)) throw reason;
  if (reason.code === "hold/none-left") result.noneLeft += 1;
  else result.lost += 1;
}
