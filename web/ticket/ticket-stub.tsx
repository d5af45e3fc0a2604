// A ticket as something to keep: event, seat, number and state on a stub of paper.
import type { ReactNode } from "react";
import type { EventDetails, Ticket } from "../api/wire.ts";
import { formatDay, formatHour } from "../page/format.ts";
import { ticketNumber } from "./ticket-number.ts";
import "./ticket-stub.css";

const STATE_WORDS: Record<Ticket["state"], { mark: string; words: string }> = {
  valid: { mark: "✓", words: "Valid" },
  used: { mark: "●", words: "Used" },
  void: { mark: "✕", words: "Void" },
};

export function TicketStub(props: {
  ticket: Ticket;
  /** Missing while its event is still loading: the ticket itself does not wait for it. */
  event: EventDetails | undefined;
  children?: ReactNode;
}) {
  const { ticket, event } = props;
  const seat = event?.seats.find(({ seat: key }) => key === ticket.seat);
  const state = STATE_WORDS[ticket.state];
  return (
    <article className={`stub stub-${ticket.state}`}>
      <div className="stub-event">
        <p className="stub-artist">{event?.artist ?? "…"}</p>
        <p className="stub-name">{event?.name ?? "Loading the event"}</p>
        {event === undefined ? null : (
          <p className="small">
            {event.venue} · {formatDay(event.startsAt, event.timeZone)},{" "}
            {formatHour(event.startsAt, event.timeZone)}
          </p>
        )}
        {seat === undefined ? null : (
          <dl className="stub-seat">
            <div>
              <dt>Section</dt>
              <dd>{seat.section}</dd>
            </div>
            <div>
              <dt>Row</dt>
              <dd>{seat.row}</dd>
            </div>
            <div>
              <dt>Seat</dt>
              <dd>{seat.number}</dd>
            </div>
          </dl>
        )}
      </div>
      <div className="stub-tear">
        <p className="stub-state">
          <span aria-hidden="true">{state.mark}</span> {state.words}
        </p>
        <p className="small">
          {ticket.final ? "Final on the chain" : "Being confirmed on the chain"}
        </p>
        <p className="stub-number">
          Ticket <span className="number">{ticketNumber(ticket.id)}</span>
        </p>
        {props.children}
      </div>
    </article>
  );
}
