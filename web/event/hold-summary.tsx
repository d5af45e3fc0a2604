// What the fan has picked and what it costs, always in view, and the button that holds it.
import { useState } from "react";
import { type ApiFailure, isFailure, toFailure } from "../api/failure.ts";
import type { EventDetails, Seat } from "../api/wire.ts";
import { rememberHold } from "../checkout/my-hold.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { countOf, formatAmount, sumAmounts } from "../page/format.ts";
import { Notice } from "../page/notice.tsx";
import { navigate, paths } from "../page/router.ts";
import { useSession } from "../session/session.tsx";
import { holdSeats } from "./hold-seats.ts";
import { priceOf, priceWords, seatWords, shortSeatWords } from "./seat-state.ts";
import type { Picks } from "./use-picks.ts";
import "./hold-summary.css";

export function HoldSummary(props: { event: EventDetails; picks: Picks; onLost: () => void }) {
  const { event, picks } = props;
  const { withSession } = useSession();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const picked = event.seats.filter(({ seat }) => picks.seats.has(seat));
  const prices = picked.map((seat) => priceOf(event, seat));
  const total = formatAmount(sumAmounts(prices), event.currency);

  async function hold(): Promise<void> {
    setBusy(true);
    setFailure(null);
    try {
      await withSession(async () => {
        const seats = picked.map(({ seat }) => seat);
        const held = await holdSeats(event.id, seats);
        rememberHold(held);
        navigate(paths.hold(event.id, held.id));
      });
    } catch (error) {
      explain(toFailure(error));
    } finally {
      setBusy(false);
    }
  }

  function explain(problem: ApiFailure): void {
    props.onLost();
    const lost = problem.data.seats;
    if (isFailure(problem, "hold/seat-taken") && Array.isArray(lost)) picks.drop(lost);
    else setFailure(problem);
  }

  return (
    <section className="summary" aria-label="Your choice">
      {picks.message === null ? null : <Notice tone="warn" title={picks.message} urgent />}
      {failure === null ? null : <FailureNotice failure={failure} />}
      <ul className="summary-seats">
        {picked.map((seat) => (
          <PickedSeat key={seat.seat} event={event} seat={seat} onRemove={picks.toggle} />
        ))}
      </ul>
      <div className="summary-foot">
        <p className="summary-total" aria-live="polite">
          {picked.length === 0 ? (
            "Your picks appear here."
          ) : (
            <>
              <span>Total for {countOf(picked.length, "seat")}</span> <strong>{total}</strong>
            </>
          )}
        </p>
        <button
          type="button"
          className="button button-main"
          disabled={picked.length === 0 || isBusy}
          onClick={() => void hold()}
        >
          {isBusy
            ? "Holding…"
            : `Hold ${picked.length === 0 ? "seats" : countOf(picked.length, "seat")}`}
        </button>
      </div>
    </section>
  );
}

function PickedSeat(props: { event: EventDetails; seat: Seat; onRemove: (seat: Seat) => void }) {
  const { event, seat } = props;
  return (
    <li className="picked-seat">
      <span className="picked-seat-name">
        {shortSeatWords(seat)}
        <span className="picked-seat-more">
          {seat.section} · {priceWords(event, seat)}
        </span>
      </span>
      <button
        type="button"
        className="picked-seat-remove"
        aria-label={`Put back ${seatWords(seat)}`}
        onClick={() => props.onRemove(seat)}
      >
        <span aria-hidden="true">✕</span>
      </button>
    </li>
  );
}
