// What a proof of work costs by class: an organiser chooses a class for each phase of a sale.

export const PROOF_ALGORITHM = "PBKDF2/SHA-256";
/** A fan tries keys until one fits; the one that fits is drawn from these. */
export const TRIES = { min: 100, max: 300 };

/**
 * Iterations of each try, by class. 200 tries on one core of a desk computer take about 0.1 s,
 * 0.5 s, 2 s and 8 s; a phone needs two to four times as long.
 */
const COSTS = [1_000, 5_000, 20_000, 80_000] as const;
export const PROOF_CLASS_MAX = COSTS.length;

/** Undefined: the phase asks for none. A class that is not known yet asks for the most. */
export function proofCost(proofClass: number): number | undefined {
  if (proofClass <= 0) return undefined;
  return COSTS[Math.min(proofClass, PROOF_CLASS_MAX) - 1];
}
