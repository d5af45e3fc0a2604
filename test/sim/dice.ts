// What the seed decides: one stream of chance for the whole run, asked in the order of the run.
import { type Chance, chanceOf } from "../support/seeded.ts";

export interface Dice {
  below: Chance;
  /** Both ends are possible. */
  between(min: number, max: number): number;
  /** True so many times of a thousand. */
  permille(times: number): boolean;
  pick<T>(of: readonly T[]): T;
}

export function diceOf(seed: number): Dice {
  const below = chanceOf(seed);
  return {
    below,
    between: (min, max) => min + below(max - min + 1),
    permille: (times) => times > 0 && below(1_000) < times,
    pick: (of) => of[below(of.length)] as (typeof of)[number],
  };
}
