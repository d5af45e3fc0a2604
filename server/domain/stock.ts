// The five classes of an event's stock, and how many units of each the chain is told (I11).

/** In the contract's order: a class's number is its place here. */
export const CLASSES = ["public", "presale", "artist", "sponsor", "comp"] as const;
export type ClassName = (typeof CLASSES)[number];

/** For everybody, in a phase; the rest is sold or given by the box office. */
export const PHASE_CLASSES = ["public", "presale"] as const satisfies readonly ClassName[];

/** 0 none; a companion seat is sold together with the wheelchair place beside it. */
export const ACCESS = ["none", "wheelchair", "companion"] as const;

/** The contract's counter of a class has 24 bits. */
export const CLASS_UNITS_MAX = 2 ** 24 - 1;

export type Caps = [number, number, number, number, number];

export function classNumber(name: ClassName): number {
  return CLASSES.indexOf(name);
}

/** Seats count one each, areas their capacity. */
export function capsOf(parts: Iterable<{ class: number; units: number }>): Caps {
  const caps: Caps = [0, 0, 0, 0, 0];
  for (const { class: at, units } of parts) caps[at] = (caps[at] ?? 0) + units;
  return caps;
}
