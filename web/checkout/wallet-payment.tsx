// Paying an order by the fan's own wallet, which pays and mints in one transaction of its own.
import { type RefObject, useEffect, useRef } from "react";
import type { Order } from "../api/wire.ts";
import { formatAmount } from "../page/format.ts";
import { Notice } from "../page/notice.tsx";
import { useTimeLeftMs } from "../page/use-time-left.ts";
import { hasInjectedWallet } from "../session/injected-wallet.ts";
import { NoWallet } from "../session/no-wallet.tsx";
import { SentPayment } from "./wallet/sent-payment.tsx";
import { TokenChoice } from "./wallet/token-choice.tsx";
import { useWalletPayment, type WalletPay } from "./wallet/use-wallet-payment.ts";
import { WalletNotice } from "./wallet/wallet-notice.tsx";
import { STEP_WORDS } from "./wallet/wallet-words.ts";

interface Props {
  order: Order;
  /** Of the chain that the event is sold on. */
  chainId: number;
  onCaptured: () => void;
  onChange: () => void;
}

export function WalletPayment(props: Props) {
  const { order } = props;
  const payment = useWalletPayment(props);
  const { step, problem } = payment;
  const place = useKeptFocus(payment);
  return (
    <section ref={place} tabIndex={-1} className="wallet-payment" aria-label="Pay by wallet">
      {problem === null ? null : (
        <WalletNotice
          problem={problem}
          onChangeNetwork={payment.changeNetwork}
          onPayAgain={payment.payAgain}
        />
      )}
      {/* Always there, so that a reader hears what comes into it. */}
      <p role="status">{step === null ? "" : STEP_WORDS[step]}</p>
      <NextStep order={order} payment={payment} />
    </section>
  );
}

/** A button that goes away once it was pressed must not take the keyboard's place with it. */
function useKeptFocus({ step, note, problem }: WalletPay): RefObject<HTMLElement | null> {
  const place = useRef<HTMLElement>(null);
  const hasActed = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever of these changes may take it
  useEffect(() => {
    if (step !== null) hasActed.current = true;
    if (!hasActed.current || document.activeElement !== document.body) return;
    place.current?.focus({ preventScroll: true });
  }, [step, note, problem]);
  return place;
}

function NextStep({ order, payment }: { order: Order; payment: WalletPay }) {
  const isOver = useTimeLeftMs(order.expiresAt) === 0;
  const { note, fate, offer, step } = payment;
  if (note?.step === "sent") {
    const { hash } = note;
    return <SentPayment {...{ hash, fate, isOver }} onPayAgain={payment.payAgain} />;
  }
  if (note?.step === "relayed") {
    return (
      <Notice tone="info" title="Signed. Waiting for the chain">
        <p>The box office sends it for you. You can close this page: the payment goes on.</p>
      </Notice>
    );
  }
  if (isOver) return <TimeOver />;
  if (!hasInjectedWallet()) return <NoWallet />;
  const isBusy = step !== null;
  if (offer !== null) {
    return <TokenChoice offer={offer} isBusy={isBusy} onSign={payment.sign} onPay={payment.pay} />;
  }
  return (
    <>
      <button
        type="button"
        className="button button-main button-wide"
        disabled={isBusy}
        onClick={payment.begin}
      >
        {isBusy
          ? "One moment…"
          : `Pay ${formatAmount(order.total, order.currency)} with your wallet`}
      </button>
      <p>The network takes a small fee of its own. The tickets come in the same moment.</p>
    </>
  );
}

/** The seats stay taken until no chain can have the payment any more. */
function TimeOver() {
  return (
    <Notice tone="warn" title="The time to pay is over">
      <p>
        We saw no payment of yours. If your wallet sent one in time, your tickets show here by
        themselves; otherwise nothing was charged, and the seats are free again soon.
      </p>
    </Notice>
  );
}
