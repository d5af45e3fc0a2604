// An order as the server knows it, whatever this tab remembers: pay it, watch it, or learn its end.
import { useEffect } from "react";
import { call } from "../api/call.ts";
import { browserMemory } from "../api/storage.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { EventDetails, Order } from "../api/wire.ts";
import { Link } from "../page/link.tsx";
import { Reconnecting } from "../page/reconnecting.tsx";
import { paths } from "../page/router.ts";
import { EmptyScreen, FailureScreen, LoadingScreen } from "../page/screen-states.tsx";
import { rememberOrder } from "./my-hold.ts";
import { OrderPaid } from "./order-paid.tsx";
import { OrderPayment } from "./order-payment.tsx";
import { OrderTimeline } from "./order-timeline.tsx";
import type { KnownLines } from "./ticket-stages.ts";
import { useOrder } from "./use-order.ts";
import { forgetNote } from "./wallet/payment-note.ts";
import "./checkout.css";

export function OrderScreen({ orderId }: { orderId: string }) {
  const loaded = useOrder(orderId);
  const order = loaded.data;
  const eventId = order?.eventId;
  const event = useLoaded(eventId === undefined ? null : `event:${eventId}`, (signal) =>
    call("getEvent", { params: { eventId: eventId ?? "" }, signal }),
  );
  useEffect(() => {
    if (order === undefined) return;
    rememberOrder(order);
    if (order.state !== "claimed") forgetNote(browserMemory, order.id);
  }, [order]);

  if (order !== undefined && event.data !== undefined) {
    return (
      <>
        <Reconnecting failure={loaded.failure} />
        <KnownOrder
          order={order}
          known={loaded.known}
          event={event.data}
          onChange={loaded.reload}
        />
      </>
    );
  }
  const failed = loaded.failure === undefined ? event : loaded;
  if (failed.failure !== undefined) {
    return <FailureScreen failure={failed.failure} what="this order" onRetry={failed.reload} />;
  }
  return <LoadingScreen what="your order" />;
}

function KnownOrder(props: {
  order: Order;
  known: KnownLines;
  event: EventDetails;
  onChange: () => void;
}) {
  const { order, known, event, onChange } = props;
  if (order.dispute === "lost") return <ChargedBack order={order} />;
  switch (order.state) {
    case "claimed":
      return <OrderPayment order={order} event={event} onChange={onChange} />;
    case "expired":
      return (
        <EmptyScreen title="This order ended without a payment">
          <p>Nothing was charged and the seats are free again.</p>
          <Link to={paths.event(event.id)} className="button button-main">
            Choose seats again
          </Link>
          <OrderTimeline order={order} />
        </EmptyScreen>
      );
    case "refunded":
      return (
        <EmptyScreen title="This order was paid back">
          <p>
            Its tickets do not count any more. Cards show the money within some days; whoever bought
            a ticket on got its price in the wallet.
          </p>
          <Link to={paths.event(event.id)} className="button button-main">
            See the event
          </Link>
          <OrderTimeline order={order} />
        </EmptyScreen>
      );
    default:
      return <OrderPaid order={order} known={known} event={event} />;
  }
}

/** What was said of the tickets before is no longer so. */
function ChargedBack({ order }: { order: Order }) {
  return (
    <EmptyScreen title="Your bank took the payment back">
      <p>The tickets of this order do not count any more. The box office can tell you more.</p>
      <Link to={paths.event(order.eventId)} className="button button-main">
        See the event
      </Link>
      <OrderTimeline order={order} />
    </EmptyScreen>
  );
}
