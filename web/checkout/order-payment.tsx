// Paying an order: the amount, the time left, and the way to pay that this box office has.
import { useState } from "react";
import { call } from "../api/call.ts";
import { callKeyed } from "../api/call-keyed.ts";
import { ApiFailure } from "../api/failure.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { EventDetails, Order } from "../api/wire.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { formatAmount } from "../page/format.ts";
import { Notice } from "../page/notice.tsx";
import { ScreenHeading } from "../page/screen-heading.tsx";
import { useAct } from "../page/use-act.ts";
import { useSession } from "../session/session.tsx";
import { type CardSource, Cards } from "./cards.tsx";
import { EventLine } from "./event-line.tsx";
import { OrderPaid } from "./order-paid.tsx";
import { SeatBill } from "./seat-bill.tsx";
import { StripePayment } from "./stripe-payment.tsx";
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
      <PayWith
        {...{ order, onChange }}
        providers={config.data?.paymentProviders}
        failure={config.failure}
        onCaptured={() => setCaptured(true)}
      />
    </div>
  );
}

interface PayProps {
  order: Order;
  onCaptured: () => void;
  onChange: () => void;
}

interface Providers {
  providers: readonly string[] | undefined;
  failure: ApiFailure | undefined;
}

function PayWith({ providers, failure, ...pay }: PayProps & Providers) {
  if (providers === undefined) {
    return failure === undefined ? null : <FailureNotice failure={failure} />;
  }
  if (providers.includes("stripe")) return <StripePayment {...pay} />;
  if (providers.includes("development")) return <DevelopmentPayment {...pay} />;
  return (
    <Notice tone="warn" title="Payments are not set up here">
      <p>The box office has no payment provider yet. Nothing was charged.</p>
    </Notice>
  );
}

function DevelopmentPayment({ order, onCaptured, onChange }: PayProps) {
  const { withSession } = useSession();
  const [source, setSource] = useState<CardSource>("works");
  const payment = useAct(async () => {
    try {
      await withSession(async () => {
        await pay(order.id, source);
        onCaptured();
      });
    } finally {
      // Whatever the answer was, the order's own state is the truth.
      onChange();
    }
  });
  return (
    <>
      {payment.failure === undefined ? null : <FailureNotice failure={payment.failure} />}
      <Cards source={source} onChoose={setSource} />
      <button
        type="button"
        className="button button-main button-wide"
        disabled={payment.isBusy}
        onClick={payment.start}
      >
        {payment.isBusy ? "Paying…" : `Pay ${formatAmount(order.total, order.currency)}`}
      </button>
    </>
  );
}

/** The key belongs to one order and one card: the other card is another payment. */
async function pay(orderId: string, source: CardSource): Promise<void> {
  const payment = await callKeyed("createPayment", `payment:${orderId}:${source}`, {
    params: { orderId },
    body: { provider: "development", source },
  });
  if (payment.state !== "captured") {
    const detail = `The payment is ${payment.state}.`;
    throw new ApiFailure({ code: "pay/declined", retry: "new", detail });
  }
}
