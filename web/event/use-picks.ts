// The seats that a fan has picked, kept true while others buy.
import { useState } from "react";
import type { SeatKey } from "#server/domain/ticket-id.ts";
import type { EventDetails, Seat } from "../api/wire.ts";
import { countOf } from "../page/format.ts";
import { shortSeatWords } from "./seat-state.ts";
import type { SeatStates } from "./seat-states.ts";

export interface Picks {
  seats: ReadonlySet<SeatKey>;
  /** Why the choice is not what the fan asked for, such as a seat that was taken. */
  message: string | null;
  toggle: (seat: Seat) => void;
  drop: (lost: readonly SeatKey[]) => void;
}

interface Choice {
  seats: ReadonlySet<SeatKey>;
  message: string | null;
}

export function usePicks(event: EventDetails, states: SeatStates | undefined): Picks {
  const [choice, setChoice] = useState<Choice>({ seats: new Set(), message: null });
  const [seen, setSeen] = useState(states);

  function drop(lost: readonly SeatKey[]): void {
    setChoice((last) => without(event, last, lost));
  }

  // During the render, not after it: no screen shows a pick on a seat that is known to be gone.
  if (states !== undefined && states !== seen) {
    setSeen(states);
    drop([...choice.seats].filter((seat) => states.of(seat) !== "free"));
  }

  function toggle(seat: Seat): void {
    setChoice((last) => {
      const seats = new Set(last.seats);
      if (seats.delete(seat.seat)) return { seats, message: null };
      if (seats.size >= event.seatsPerHold) {
        const most = countOf(event.seatsPerHold, "seat");
        return { seats, message: `You can take ${most} at a time. Put one back to take another.` };
      }
      return { seats: seats.add(seat.seat), message: null };
    });
  }

  return { ...choice, toggle, drop };
}

function without(event: EventDetails, choice: Choice, lost: readonly SeatKey[]): Choice {
  const gone = lost.filter((seat) => choice.seats.has(seat));
  if (gone.length === 0) return choice;
  const seats = new Set([...choice.seats].filter((seat) => !gone.includes(seat)));
  const names = event.seats.filter(({ seat }) => gone.includes(seat)).map(shortSeatWords);
  const kept = seats.size === 0 ? "" : ` Your other ${countOf(seats.size, "pick")} stay.`;
  return { seats, message: `Just taken: ${names.join(" and ")}.${kept}` };
}
