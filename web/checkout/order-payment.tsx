// Paying an order: the amount, the time left, and the way to pay that this box office has.
import { useState } from "react";
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { EventDetails, Order } from "../api/wire.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { ScreenHeading } from "../page/screen-heading.tsx";
import { EventLine } from "./event-line.tsx";
import { OrderPaid } from "./order-paid.tsx";
import { PaymentWays } from "./payment-ways.tsx";
import { SeatBill } from "./seat-bill.tsx";
import { TimeLeft } from "./time-left.tsx";

export function OrderPayment(props: { order: Order; event: EventDetails; onChange: () => void }) {
  const { order, event, onChange } = props;
  const [isCaptured, setCaptured] = useState(false);
  const config = useLoaded("config", (signal) => call("getConfig", { signal }));

  // The payment's answer is certain; the screen need not wait for the next look at the order.
  if (isCaptured) return <OrderPaid order={{ ...order, state: "paid" }} event={event} />;
  return (
    <div className="column checkout">
      <ScreenHeading title="Pay for your seats" />
      <EventLine event={event} />
      <TimeLeft expiresAt={order.expiresAt} onEnd={onChange} />
      <SeatBill lines={order.lines} total={order.total} currency={order.currency} />
      {config.data === undefined ? null : (
        <PaymentWays
          {...{ order, onChange }}
          config={config.data}
          onCaptured={() => setCaptured(true)}
        />
      )}
      {config.data === undefined && config.failure !== undefined ? (
        <FailureNotice failure={config.failure} />
      ) : null}
    </div>
  );
}
