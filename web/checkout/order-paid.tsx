// A paid order: the fan is in, and then how far the tickets have come on the chain.
import type { EventDetails, Order, OrderLine } from "../api/wire.ts";
import { countOf, formatAmount } from "../page/format.ts";
import { Link } from "../page/link.tsx";
import { Notice } from "../page/notice.tsx";
import { paths } from "../page/router.ts";
import { ScreenHeading } from "../page/screen-heading.tsx";
import { EventLine } from "./event-line.tsx";
import { MintProgress } from "./mint-progress.tsx";
import { OrderTimeline } from "./order-timeline.tsx";
import { isInWallet, type KnownLines } from "./ticket-stages.ts";

export function OrderPaid(props: { order: Order; known?: KnownLines; event: EventDetails }) {
  const { order, known, event } = props;
  const minted = order.lines.filter(({ stage }) => isInWallet(stage)).length;
  const wentBack = (seat: number) => known?.get(seat)?.wentBack === true;
  // What the order says of a block that is gone by now is not so.
  const isDone = order.state === "fulfilled" && !order.lines.some(({ seat }) => wentBack(seat));
  return (
    <div className="column checkout">
      <div className="you-are-in">
        <span className="you-are-in-mark" aria-hidden="true">
          ✓
        </span>
        <ScreenHeading
          title={
            order.lines.length === 1 ? "You are in: seat confirmed" : "You are in: seats confirmed"
          }
        />
        <p>
          {formatAmount(order.total, order.currency)} paid.{" "}
          {order.lines.length === 1 ? "The seat is yours" : "The seats are yours"}, however long the
          chain takes to write it down.
        </p>
      </div>
      <EventLine event={event} />
      <MovedSeats lines={order.lines} />
      {order.state === "attention" ? (
        <Notice tone="warn" title="A ticket is taking longer than usual">
          <p>The box office is looking at it. Your seats stay yours; there is nothing to do.</p>
        </Notice>
      ) : null}
      <h2>{isDone ? "Your tickets" : "Making your tickets"}</h2>
      <p role="status">
        {isDone
          ? `${countOf(order.lines.length, "ticket")} in your wallet.`
          : `${minted} of ${countOf(order.lines.length, "ticket")} made. You can close this page.`}
      </p>
      <ul className="mints">
        {order.lines.map((line) => (
          <MintProgress key={line.seat} line={line} wentBack={wentBack(line.seat)} />
        ))}
      </ul>
      <OrderTimeline order={order} />
      {isDone ? (
        <Link to={paths.tickets()} className="button button-main button-wide">
          See your tickets
        </Link>
      ) : null}
    </div>
  );
}

/** The fan chose other seats than these, and must not look for them at the door. */
function MovedSeats({ lines }: { lines: readonly OrderLine[] }) {
  const moved = lines.flatMap(({ label, movedFrom }) =>
    movedFrom === null ? [] : [{ label, before: movedFrom.label }],
  );
  if (moved.length === 0) return null;
  return (
    <Notice tone="warn" title={moved.length === 1 ? "Your seat changed" : "Some seats changed"}>
      <p>
        Your payment came after your time was over, and somebody else had chosen meanwhile. You have
        the nearest free seats of the same price instead.
      </p>
      <ul>
        {moved.map(({ label, before }) => (
          <li key={before}>
            {label} instead of {before}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
