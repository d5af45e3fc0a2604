// Seats without looking for them: how many, where, and whether together; the best that are left are held.
import { useState } from "react";
import { call } from "../api/call.ts";
import type { EventDetails } from "../api/wire.ts";
import { rememberHold } from "../checkout/my-hold.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { countOf, formatAmount } from "../page/format.ts";
import { navigate, paths } from "../page/router.ts";
import { useAct } from "../page/use-act.ts";
import { useSession } from "../session/session.tsx";
import "./best-seats.css";

const ANYWHERE = "";
const PLACES_FIRST = 2;

export function BestSeats({ event, onLost }: { event: EventDetails; onLost: () => void }) {
  const { withSession } = useSession();
  const [places, setPlaces] = useState(Math.min(PLACES_FIRST, event.seatsPerHold));
  const [category, setCategory] = useState(ANYWHERE);
  const [together, setTogether] = useState(true);
  const counts = Array.from({ length: event.seatsPerHold }, (_, at) => at + 1);
  const find = useAct(() =>
    withSession(async () => {
      const where = category === ANYWHERE ? {} : { category: Number(category) };
      const body = { best: { places, together, ...where } };
      const held = await call("createHold", { params: { eventId: event.id }, body });
      rememberHold(held);
      navigate(paths.hold(event.id, held.id));
    }).catch((error: unknown) => {
      onLost();
      throw error;
    }),
  );
  return (
    <form
      className="best"
      aria-labelledby="best-seats"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        find.start();
      }}
    >
      <h3 id="best-seats">Best available</h3>
      <div className="best-fields">
        <label className="best-field">
          <span>How many</span>
          <select value={places} onChange={({ target }) => setPlaces(Number(target.value))}>
            {counts.map((count) => (
              <option key={count} value={count}>
                {countOf(count, "seat")}
              </option>
            ))}
          </select>
        </label>
        <label className="best-field">
          <span>Where</span>
          <select value={category} onChange={({ target }) => setCategory(target.value)}>
            <option value={ANYWHERE}>Anywhere</option>
            {event.categories.map(({ id, name, price }) => (
              <option key={id} value={id}>
                {name}, {formatAmount(price, event.currency)}
              </option>
            ))}
          </select>
        </label>
        <label className="best-together">
          <input
            type="checkbox"
            checked={together}
            onChange={({ target }) => setTogether(target.checked)}
          />
          <span>Next to each other</span>
        </label>
        <button type="submit" className="button button-quiet" disabled={find.isBusy}>
          {find.isBusy ? "Holding…" : `Hold the best ${countOf(places, "seat")}`}
        </button>
      </div>
      {find.failure === undefined ? null : <FailureNotice failure={find.failure} />}
    </form>
  );
}
