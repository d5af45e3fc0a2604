// Seats on hold: what they cost, how long they are kept, and the way to the payment.
import { call } from "../api/call.ts";
import { callKeyed, wasBegun } from "../api/call-keyed.ts";
import { isFailure } from "../api/failure.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { EventDetails, Hold } from "../api/wire.ts";
import { priceOf, seatWords } from "../event/seat-state.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { Link } from "../page/link.tsx";
import { navigate, paths } from "../page/router.ts";
import { ScreenHeading } from "../page/screen-heading.tsx";
import { EmptyScreen, FailureScreen, LoadingScreen } from "../page/screen-states.tsx";
import { useAct } from "../page/use-act.ts";
import { useSession } from "../session/session.tsx";
import { EventLine } from "./event-line.tsx";
import { forgetHold, rememberHold, rememberOrder } from "./my-hold.ts";
import { SeatBill } from "./seat-bill.tsx";
import { TimeLeft } from "./time-left.tsx";
import "./checkout.css";

interface HoldIds {
  eventId: string;
  holdId: string;
}

export function HoldScreen(ids: HoldIds) {
  const loaded = useLoaded(`hold:${ids.holdId}`, (signal) => loadHold(ids, signal));
  if (loaded.data !== undefined) return <HoldCheckout {...loaded.data} onChange={loaded.reload} />;
  if (isFailure(loaded.failure, "hold/expired", "request/not-found")) {
    return <HoldEnded eventId={ids.eventId} path={paths.hold(ids.eventId, ids.holdId)} />;
  }
  if (loaded.failure !== undefined) {
    return <FailureScreen failure={loaded.failure} what="your seats" onRetry={loaded.reload} />;
  }
  return <LoadingScreen what="your seats" />;
}

async function loadHold(ids: HoldIds, signal: AbortSignal) {
  // An order may have been made of it just before a reload: the same key finds it again.
  if (wasBegun(orderPurpose(ids.holdId))) await goToOrder(ids);
  const [event, hold] = await Promise.all([
    call("getEvent", { params: { eventId: ids.eventId }, signal }),
    call("getHold", { params: ids, signal }),
  ]);
  return { event, hold };
}

async function goToOrder({ eventId, holdId }: HoldIds): Promise<void> {
  const body = { eventId, holdId };
  const order = await callKeyed("createOrder", orderPurpose(holdId), { body });
  forgetHold(paths.hold(eventId, holdId));
  rememberOrder(order);
  navigate(paths.order(order.id), { replace: true });
}

function orderPurpose(holdId: string): string {
  return `order:${holdId}`;
}

function HoldCheckout(props: { event: EventDetails; hold: Hold; onChange: () => void }) {
  const { event, hold } = props;
  const { withSession } = useSession();
  const ids = { eventId: hold.eventId, holdId: hold.id };
  const order = useAct(() => withSession(() => goToOrder(ids)));
  const extend = useAct(() => withSession(() => giveMoreTime(ids)).finally(props.onChange));
  const giveBack = useAct(() => withSession(() => release(ids)));
  const lines = event.seats
    .filter(({ seat }) => hold.seats.includes(seat))
    .map((seat) => ({
      seat: seat.seat,
      label: seatWords(seat),
      price: priceOf(event, seat),
    }));
  const failure = order.failure ?? extend.failure ?? giveBack.failure;
  const isBusy = order.isBusy || extend.isBusy || giveBack.isBusy;
  return (
    <div className="column checkout">
      <ScreenHeading title="Your seats are on hold" />
      <EventLine event={event} />
      <TimeLeft expiresAt={hold.expiresAt} onEnd={props.onChange} />
      {hold.extended ? null : (
        <button
          type="button"
          className="button button-quiet"
          disabled={isBusy}
          onClick={extend.start}
        >
          {extend.isBusy ? "One moment…" : "Need more time?"}
        </button>
      )}
      <SeatBill lines={lines} total={hold.total} currency={hold.currency} />
      {failure === undefined ? null : <FailureNotice failure={failure} />}
      <div className="checkout-actions">
        <button
          type="button"
          className="button button-main"
          disabled={isBusy}
          onClick={order.start}
        >
          {order.isBusy ? "One moment…" : "Continue to payment"}
        </button>
        <button
          type="button"
          className="button button-quiet"
          disabled={isBusy}
          onClick={giveBack.start}
        >
          Give the seats back
        </button>
      </div>
    </div>
  );
}

/** Once for each hold; one that ended meanwhile is shown as that when it is loaded again. */
async function giveMoreTime(ids: HoldIds): Promise<void> {
  try {
    rememberHold(await call("extendHold", { params: ids }));
  } catch (error) {
    // Extended in another tab: what is loaded next says so.
    if (!isFailure(error, "hold/extended", "hold/expired")) throw error;
  }
}

async function release(ids: HoldIds): Promise<void> {
  try {
    await call("releaseHold", { params: ids });
  } catch (error) {
    // Already back: just what was asked for.
    if (!isFailure(error, "hold/expired", "request/not-found")) throw error;
  }
  forgetHold(paths.hold(ids.eventId, ids.holdId));
  navigate(paths.event(ids.eventId), { replace: true });
}

function HoldEnded(props: { eventId: string; path: string }) {
  return (
    <EmptyScreen title="Your hold has ended">
      <p>The time ran out and the seats are free again. Nothing was charged.</p>
      <Link to={paths.event(props.eventId)} className="button button-main">
        Choose seats again
      </Link>
    </EmptyScreen>
  );
}
