// What a seat is to the fan who looks at it, and how that is said.
import type { SeatKey } from "#server/domain/ticket-id.ts";
import type { EventDetails, Seat } from "../api/wire.ts";
import { formatAmount } from "../page/format.ts";
import type { SeatStates } from "./seat-states.ts";

/** unknown: the server has not said yet; a seat that only looks free would be a false promise. */
export type SeatState = "unknown" | "free" | "picked" | "yours" | "held" | "sold" | "off";

export const STATE_WORDS: Record<SeatState, string> = {
  unknown: "checking",
  free: "free",
  picked: "your pick",
  yours: "held for you",
  held: "on hold",
  sold: "sold",
  off: "not on sale",
};

export type SeatStateOf = (seat: SeatKey) => SeatState;

export function seatStates(known: {
  states: SeatStates | undefined;
  picked: ReadonlySet<SeatKey>;
  yours: ReadonlySet<SeatKey>;
}): SeatStateOf {
  const { states } = known;
  if (states === undefined) return () => "unknown";
  return (seat) => {
    const state = states.of(seat);
    if (state === "sold") return "sold";
    if (known.yours.has(seat)) return "yours";
    if (state !== "free") return state;
    return known.picked.has(seat) ? "picked" : "free";
  };
}

export function canPick(state: SeatState): boolean {
  return state === "free" || state === "picked";
}

export function seatWords(seat: Seat): string {
  return `${seat.section}, row ${seat.row}, seat ${seat.number}`;
}

export function shortSeatWords(seat: Seat): string {
  return `Row ${seat.row}, seat ${seat.number}`;
}

/** All fees in, in minor units. */
export function priceOf(event: EventDetails, seat: Seat): string {
  const category = event.categories.find(({ id }) => id === seat.category);
  if (category === undefined) throw new Error(`Seat ${seat.seat} has no price in the plan.`);
  return category.price;
}

export function priceWords(event: EventDetails, seat: Seat): string {
  return formatAmount(priceOf(event, seat), event.currency);
}
