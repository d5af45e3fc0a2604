// A wallet's payment as a screen runs it: one act at a time, each step said, each end kept.
import { useEffect, useRef, useState } from "react";
import { callAnew } from "../../api/call-keyed.ts";
import { browserMemory } from "../../api/storage.ts";
import { wait } from "../../api/wait.ts";
import type { Order } from "../../api/wire.ts";
import { askInjectedWallet } from "../../session/injected-wallet.ts";
import { useSession } from "../../session/session.tsx";
import type { Fate } from "./follow-payment.ts";
import { inOneTab } from "./one-tab.ts";
import {
  beginPayment,
  payBySignature,
  payByTransaction,
  type Till,
  type TokenOffer,
  type WalletStep,
} from "./pay-order.ts";
import type { PaymentNote } from "./payment-note.ts";
import { switchNetwork } from "./reach-wallet.ts";
import { useFate, useRelay } from "./use-payment-end.ts";
import { usePaymentNote } from "./use-payment-note.ts";

const APPROVAL_POLL_MS = 1_000;

export interface WalletPay {
  /** What is waited for while an act runs. */
  step: WalletStep | null;
  problem: unknown;
  offer: TokenOffer | null;
  note: PaymentNote | null;
  /** Of what was sent, while it is not known otherwise. */
  fate: Fate;
  begin: () => void;
  pay: () => void;
  sign: () => void;
  changeNetwork: () => void;
  payAgain: () => void;
}

interface Given {
  order: Order;
  chainId: number;
  onCaptured: () => void;
  onChange: () => void;
}

export function useWalletPayment(given: Given): WalletPay {
  const { order, chainId, onChange } = given;
  const { withSession } = useSession();
  const [step, setStep] = useState<WalletStep | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [offer, setOffer] = useState<TokenOffer | null>(null);
  const known = usePaymentNote(order.id);
  const isRunning = useRef(false);
  const till = useTill(given, setStep);

  async function run(act: () => Promise<unknown>): Promise<void> {
    if (isRunning.current) return;
    isRunning.current = true;
    setProblem(null);
    try {
      await inOneTab(order.id, () => withSession(async () => void (await act())));
    } catch (error) {
      setProblem(error);
    } finally {
      isRunning.current = false;
      setStep(null);
      known.refresh();
      // Whatever came of it, the order's own state is the truth.
      onChange();
    }
  }
  const begin = async () => setOffer(await beginPayment(till()));
  const fate = useFate(known, setProblem);
  useRelay(order.id, known, setProblem);
  return {
    ...{ step, problem, offer, note: known.note, fate },
    begin: () => void run(begin),
    pay: () => void run(() => payByTransaction(till())),
    sign: () => void run(() => payBySignature(till())),
    changeNetwork: () =>
      void run(async () => {
        setStep("network");
        await switchNetwork(askInjectedWallet, chainId);
        await begin();
      }),
    payAgain: () =>
      void run(async () => {
        known.startOver();
        await begin();
      }),
  };
}

/** A screen that is gone opens no wallet. */
function useTill({ order, chainId, onCaptured }: Given, setStep: (step: WalletStep) => void) {
  const stop = useRef(new AbortController());
  useEffect(() => {
    const shown = new AbortController();
    stop.current = shown;
    return () => shown.abort();
  }, []);
  return (): Till => {
    const { signal } = stop.current;
    const params = { orderId: order.id };
    return {
      ...{ ask: askInjectedWallet, memory: browserMemory, order, chainId, onCaptured },
      askVoucher: () => callAnew("createPayment", { params, body: { provider: "voucher" } }),
      handIn: (authorisation) =>
        callAnew("createPayment", { params, body: { provider: "relay", authorisation } }),
      say: (step) => {
        signal.throwIfAborted();
        setStep(step);
      },
      pause: async () => {
        await wait(APPROVAL_POLL_MS, signal);
        signal.throwIfAborted();
      },
    };
  };
}
