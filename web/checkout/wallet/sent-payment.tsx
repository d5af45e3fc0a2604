// A payment that is on its way: what the chain has made of it, and when it may be sent again.
import { Notice } from "../../page/notice.tsx";
import { ChainProof } from "../../ticket/chain-proof.tsx";
import type { Fate } from "./follow-payment.ts";

interface Props {
  hash: string;
  fate: Fate;
  isOver: boolean;
  onPayAgain: () => void;
}

export function SentPayment({ hash, fate, isOver, onPayAgain }: Props) {
  return (
    <>
      {fate === "gone" ? (
        <Notice tone="warn" title="The network no longer knows this payment">
          <p>
            It was cancelled or replaced in your wallet, or it got lost. If another transaction of
            yours paid, your tickets show here by themselves.
          </p>
          {isOver ? null : (
            <button type="button" className="button button-quiet" onClick={onPayAgain}>
              Pay again
            </button>
          )}
        </Notice>
      ) : fate === "taken" ? (
        <Notice tone="good" title="The chain has your payment">
          <p>Your tickets are made. This page shows them in a moment.</p>
        </Notice>
      ) : (
        <Notice tone="info" title="Sent. Waiting for the chain">
          <p>
            {isOver
              ? "The time is over; the chain decides whether it came before that."
              : "This takes some seconds. You can close this page: the payment goes on."}
          </p>
        </Notice>
      )}
      <ChainProof txHash={hash} />
    </>
  );
}
