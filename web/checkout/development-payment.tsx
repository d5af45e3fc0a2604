// Paying with the cards of the development provider, which is there on a local chain only.
import { useState } from "react";
import { callKeyed } from "../api/call-keyed.ts";
import { ApiFailure } from "../api/failure.ts";
import type { Order } from "../api/wire.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { formatAmount } from "../page/format.ts";
import { useAct } from "../page/use-act.ts";
import { useSession } from "../session/session.tsx";
import { type CardSource, Cards } from "./cards.tsx";

interface Props {
  order: Order;
  onCaptured: () => void;
  onChange: () => void;
}

export function DevelopmentPayment({ order, onCaptured, onChange }: Props) {
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
