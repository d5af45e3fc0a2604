// Every seat as a button, grouped by row: the same choice as on the map, for keyboards and readers.
import { type KeyboardEvent, useMemo, useState } from "react";
import type { EventDetails, Seat } from "../api/wire.ts";
import { countOf } from "../page/format.ts";
import { groupBy } from "./seat-geometry.ts";
import {
  canPick,
  priceWords,
  type SeatState,
  type SeatStateOf,
  STATE_WORDS,
} from "./seat-state.ts";
import "./seat-list.css";

export interface SeatListProps {
  event: EventDetails;
  stateOf: SeatStateOf;
  onToggle: (seat: Seat) => void;
  onFocus: (seat: Seat | undefined) => void;
}

export function SeatList(props: SeatListProps) {
  const sections = useMemo(
    () => [...groupBy(props.event.seats, ({ section }) => section)],
    [props.event.seats],
  );
  return (
    <section className="seat-list" aria-labelledby="seats-by-row">
      <h2 id="seats-by-row">Seats by row</h2>
      <p className="small">Open a part of the house; arrow keys move along a row.</p>
      {sections.map(([section, seats]) => (
        <Section key={section} section={section} seats={seats} {...props} />
      ))}
    </section>
  );
}

function Section(props: SeatListProps & { section: string; seats: Seat[] }) {
  const [isOpen, setOpen] = useState(false);
  const rows = useMemo(() => [...groupBy(props.seats, ({ row }) => row)], [props.seats]);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span>{props.section}</span>
        <span className="seat-list-free">{freeWords(props)}</span>
      </summary>
      {/* A closed part has no buttons: a large house would otherwise have tens of thousands. */}
      {isOpen
        ? rows.map(([row, seats]) => <Row key={row} {...props} row={row} seats={seats} />)
        : null}
    </details>
  );
}

function freeWords({ seats, stateOf }: { seats: readonly Seat[]; stateOf: SeatStateOf }): string {
  const states = seats.map(({ seat }) => stateOf(seat));
  if (states.includes("unknown")) return "checking…";
  const free = states.filter(canPick).length;
  return free === 0 ? "none free" : `${free} free`;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };

function Row(props: SeatListProps & { section: string; row: string; seats: Seat[] }) {
  const [reached, setReached] = useState(0);

  function walk(event: KeyboardEvent<HTMLDivElement>): void {
    const last = props.seats.length - 1;
    const next = { Home: 0, End: last }[event.key] ?? reached + (STEPS[event.key] ?? 0);
    if (next === reached || next < 0 || next > last) return;
    event.preventDefault();
    event.currentTarget.querySelectorAll("button")[next]?.focus();
  }

  return (
    <div className="seat-row">
      <span className="seat-row-name" aria-hidden="true">
        {props.row}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset per row would be read out at length */}
      <div
        role="group"
        className="seat-row-seats"
        aria-label={`${props.section}, row ${props.row}, ${countOf(props.seats.length, "seat")}`}
        onKeyDown={walk}
        onBlur={() => props.onFocus(undefined)}
      >
        {props.seats.map((seat, index) => (
          <SeatButton
            key={seat.seat}
            {...props}
            seat={seat}
            state={props.stateOf(seat.seat)}
            isStop={index === reached}
            onReach={() => {
              setReached(index);
              props.onFocus(seat);
            }}
          />
        ))}
      </div>
    </div>
  );
}

const MARKS: Record<SeatState, string> = {
  unknown: "",
  free: "",
  picked: "✓",
  yours: "✓",
  held: "…",
  sold: "✕",
  off: "–",
};

function SeatButton(props: {
  event: EventDetails;
  seat: Seat;
  state: SeatState;
  isStop: boolean;
  onReach: () => void;
  onToggle: (seat: Seat) => void;
}) {
  const { seat, state } = props;
  const price = priceWords(props.event, seat);
  return (
    <button
      type="button"
      className={`seat-button is-${state}`}
      tabIndex={props.isStop ? 0 : -1}
      aria-pressed={state === "picked"}
      // Not `disabled`: a seat that is sold while it has the focus must not lose it.
      aria-disabled={!canPick(state)}
      aria-label={`Row ${seat.row}, seat ${seat.number}, ${price}, ${STATE_WORDS[state]}`}
      onFocus={props.onReach}
      onClick={() => props.onToggle(seat)}
    >
      {seat.number}
      <span className="seat-button-mark" aria-hidden="true">
        {MARKS[state]}
      </span>
    </button>
  );
}
