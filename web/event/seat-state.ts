// What a seat is to the fan who looks at it, and how that is said.
import type { SeatKey } from "#server/domain/ticket-id.ts";
import type { EventDetails, Seat, SeatStates } from "../api/wire.ts";
import { formatAmount } from "../page/format.ts";

/** unknown: the server has not said yet; a seat that only looks free would be a false promise. */
export type SeatState = "unknown" | "free" | "picked" | "yours" | "held" | "sold";

export const STATE_WORDS: Record<SeatState, string> = {
  unknown: "checking",
  free: "free",
  picked: "your pick",
  yours: "held for you",
  held: "on hold",
  sold: "sold",
};

export type SeatStateOf = (seat: SeatKey) => SeatState;

export function seatStates(known: {
  states: SeatStates | undefined;
  picked: ReadonlySet<SeatKey>;
  yours: ReadonlySet<SeatKey>;
  /** Seats that the organiser keeps for somebody. */
  kept: ReadonlySet<SeatKey>;
}): SeatStateOf {
  if (known.states === undefined) return () => "unknown";
  const held = new Set(known.states.held);
  const sold = new Set(known.states.sold);
  return (seat) => {
    if (sold.has(seat)) return "sold";
    if (known.yours.has(seat)) return "yours";
    if (held.has(seat) || known.kept.has(seat)) return "held";
    return known.picked.has(seat) ? "picked" : "free";
  };
}

/** For the artist, sponsors and guests: the box office gives them out. */
export function keptSeats(event: EventDetails): ReadonlySet<SeatKey> {
  const kept = event.seats.filter((seat) => (seat.class ?? 0) > PRESALE_CLASS);
  return new Set(kept.map(({ seat }) => seat));
}

const PRESALE_CLASS = 1;

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
