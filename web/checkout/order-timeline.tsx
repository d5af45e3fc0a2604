// What happened to an order, from the hold to the last thing that came of it, folded away until somebody asks.
import { useState } from "react";
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { Order, TimelineStep } from "../api/wire.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { formatAmount, formatMoment } from "../page/format.ts";
import "../ticket/chain-proof.css";
import "./order-timeline.css";

/** Doors, banks and other wallets add to it at any time. */
const TIMELINE_POLL_MS = 5_000;
const ISO_CURRENCY = /^[A-Z]{3}$/;

const WORDS: Record<TimelineStep["kind"], string> = {
  held: "Seats held",
  claimed: "Order made",
  expired: "Ended without a payment",
  moved: "Given another seat like it",
  paid: "Paid",
  sent: "Ticket sent to the chain",
  minted: "Ticket in the wallet",
  given: "Ticket passed on",
  resold: "Ticket sold on",
  "event-moved": "Event moved to a later date",
  "event-cancelled": "Event cancelled",
  scanned: "Let in at the door",
  "checked-in": "Entry written on the chain",
  disputed: "A bank asks the payment back",
  "dispute-won": "The payment stays",
  "dispute-lost": "The bank took the payment back",
  "refund-asked": "Refund asked for",
  voided: "Ticket made void",
  refunded: "Paid back",
};

export function OrderTimeline({ order }: { order: Order }) {
  const [isOpen, setOpen] = useState(false);
  const { data, failure } = useLoaded(
    isOpen ? `timeline:${order.id}` : null,
    (signal) => call("getOrderTimeline", { params: { orderId: order.id }, signal }),
    () => TIMELINE_POLL_MS,
  );
  return (
    <details className="proof" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>What happened so far</summary>
      {failure === undefined ? null : <FailureNotice failure={failure} />}
      <ol className="timeline">
        {data?.steps.map((step) => (
          <Step key={`${step.kind} ${step.ticketId} ${step.at} ${step.txHash}`} step={step} />
        ))}
      </ol>
    </details>
  );
}

function Step({ step }: { step: TimelineStep }) {
  const { kind, at, label, amount, currency, txHash } = step;
  const isPrice = amount !== null && currency !== null && ISO_CURRENCY.test(currency);
  return (
    <li>
      <p>
        <strong>{WORDS[kind]}</strong>
        {isPrice ? ` · ${formatAmount(amount, currency)}` : null}
      </p>
      <p className="small">
        {label === null ? null : `${label} · `}
        <time dateTime={at}>{formatMoment(at)}</time>
      </p>
      {txHash === null ? null : <p className="small hash">{txHash}</p>}
    </li>
  );
}
