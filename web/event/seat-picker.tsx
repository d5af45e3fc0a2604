// Choosing seats of an event: map, list and summary over one choice, kept fresh while others buy.
import { useMemo, useState } from "react";
import { serverNowMs } from "../api/server-clock.ts";
import type { EventDetails, Seat } from "../api/wire.ts";
import { holdOf } from "../checkout/my-hold.ts";
import { countOf, formatAmount } from "../page/format.ts";
import { BestSeats } from "./best-seats.tsx";
import { EventHero } from "./event-hero.tsx";
import { HoldBanner } from "./hold-banner.tsx";
import { HoldSummary } from "./hold-summary.tsx";
import { Legend } from "./legend.tsx";
import { MapFreshness } from "./map-freshness.tsx";
import { SeatList } from "./seat-list.tsx";
import { SeatMap } from "./seat-map.tsx";
import { canPick, seatStates } from "./seat-state.ts";
import type { SeatStates } from "./seat-states.ts";
import { usePicks } from "./use-picks.ts";
import { useSeatStates } from "./use-seat-states.ts";

export function SeatPicker({ event, link }: { event: EventDetails; link?: string }) {
  const states = useSeatStates(event);
  const [myHold] = useState(() => holdOf(event.id));
  const picks = usePicks(event, states.data);
  const [focused, setFocused] = useState<Seat | undefined>();
  const stateOf = useMemo(
    () => seatStates({ states: states.data, picked: picks.seats, yours: new Set(myHold?.seats) }),
    [states.data, picks.seats, myHold],
  );
  const isOver = Date.parse(event.endsAt) < serverNowMs();

  function toggle(seat: Seat): void {
    if (!isOver && canPick(stateOf(seat.seat))) picks.toggle(seat);
  }

  return (
    <>
      <EventHero
        event={event}
        status={statusWords({ event, states: states.data, isOver })}
        {...(link === undefined ? {} : { link })}
      />
      <div className="picker">
        <section className="picker-map" aria-labelledby="choose-seats">
          {myHold === null ? null : <HoldBanner hold={myHold} />}
          <h2 id="choose-seats">Choose your seats</h2>
          <p className="picker-help">
            Pick up to {countOf(event.seatsPerHold, "seat")}. Prices include all fees.
          </p>
          {isOver ? null : <BestSeats event={event} onLost={states.reload} />}
          <Legend event={event} />
          <SeatMap event={event} stateOf={stateOf} focused={focused} onToggle={toggle} />
          <MapFreshness states={states} />
          <SeatList event={event} stateOf={stateOf} onToggle={toggle} onFocus={setFocused} />
        </section>
        <HoldSummary event={event} picks={picks} onLost={states.reload} />
      </div>
    </>
  );
}

const FEW_LEFT_MAX = 20;

function statusWords(known: {
  event: EventDetails;
  states: SeatStates | undefined;
  isOver: boolean;
}): string {
  const { event, states } = known;
  if (known.isOver) return "This event is over";
  const prices = event.categories
    .map(({ price }) => BigInt(price))
    .sort((a, b) => (a < b ? -1 : 1));
  const from = `From ${formatAmount(prices[0] ?? 0n, event.currency)}, all fees in`;
  if (states === undefined) return from;
  // Seats that are kept for somebody are no hope for a fan.
  if (states.count("sold") + states.count("off") >= event.seats.length) return "Sold out";
  const free = states.count("free");
  if (free <= 0) return "All seats are taken or on hold; held seats may come back";
  return free <= FEW_LEFT_MAX ? `${from} · only ${countOf(free, "seat")} left` : from;
}
