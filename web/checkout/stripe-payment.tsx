// Paying by card at Stripe's own page, and what a fan sees who comes back from it.
import { useEffect, useRef } from "react";
import { callAnew } from "../api/call-keyed.ts";
import type { Order } from "../api/wire.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { formatAmount } from "../page/format.ts";
import { Notice } from "../page/notice.tsx";
import { useAct } from "../page/use-act.ts";
import { useSession } from "../session/session.tsx";

/** In the address that Stripe's page sends a fan back to who has paid; the server asks Stripe. */
const RETURNED = "returned";

interface Props {
  order: Order;
  onCaptured: () => void;
  onChange: () => void;
}

export function StripePayment({ order, onCaptured, onChange }: Props) {
  const { withSession } = useSession();
  const ask = (follow: (url: string) => void) =>
    withSession(async () => {
      const { state, redirectUrl } = await askToPay(order.id);
      if (state === "captured") onCaptured();
      else if (redirectUrl !== null) follow(redirectUrl);
    });
  const payment = useAct(() => ask((url) => window.location.assign(url)).finally(onChange));
  const returned = useAct(() =>
    ask(() => undefined).finally(() => {
      forgetReturn();
      onChange();
    }),
  );
  const isAsked = useRef(false);
  const { start } = returned;
  useEffect(() => {
    // Once for each return: the answer may come before any webhook, and sooner than the next look.
    if (isAsked.current || !hasReturned()) return;
    isAsked.current = true;
    start();
  }, [start]);

  const failure = payment.failure ?? returned.failure;
  const isBusy = payment.isBusy || returned.isBusy;
  return (
    <>
      {failure === undefined ? null : <FailureNotice failure={failure} />}
      {returned.isBusy ? (
        <Notice tone="info" title="Asking for your payment">
          <p>This takes a second or two.</p>
        </Notice>
      ) : null}
      <button
        type="button"
        className="button button-main button-wide"
        disabled={isBusy}
        onClick={payment.start}
      >
        {isBusy ? "One moment…" : `Pay ${formatAmount(order.total, order.currency)} by card`}
      </button>
      <p>You pay at Stripe’s page and come back here. We never see your card.</p>
    </>
  );
}

/** A new key each time: whoever asks, an order has one payment, and this answers where it is. */
function askToPay(orderId: string) {
  const input = { params: { orderId }, body: { provider: "stripe" as const } };
  return callAnew("createPayment", input);
}

function hasReturned(): boolean {
  return new URLSearchParams(window.location.search).has(RETURNED);
}

function forgetReturn(): void {
  window.history.replaceState(null, "", window.location.pathname);
}
