// The steps of a wallet that pays an order, by its own transaction or by a signature for a worker.
import type { Memory } from "../../api/memory.ts";
import type { Order, Payment, Voucher } from "../../api/wire.ts";
import type { AskWallet } from "../../session/wallet.ts";
import { Hurdle } from "./hurdle.ts";
import { readNote, writeNote } from "./payment-note.ts";
import { requireBuyer, requireNetwork } from "./reach-wallet.ts";
import type { TokenFacts } from "./read-token.ts";
import { sendPayment } from "./send-payment.ts";
import type { signConsent } from "./sign-consent.ts";

/** What is waited for: the wallet, the box office, or the chain. */
export type WalletStep = "connect" | "network" | "ready" | "pay" | "approve" | "approving" | "sign";

export type Consent = Awaited<ReturnType<typeof signConsent>>;

export interface Till {
  ask: AskWallet;
  memory: Memory;
  order: Pick<Order, "id" | "buyer">;
  chainId: number;
  /** One voucher for each order, however often it is asked for; and how the order stands. */
  askVoucher: () => Promise<Payment>;
  handIn: (consent: Consent) => Promise<Payment>;
  /** Throws when nobody waits for it any more: then no wallet may open. */
  say: (step: WalletStep) => void;
  pause: () => Promise<unknown>;
  onCaptured: () => void;
}

/** Only a token has something to choose or to show; a coin is paid at once. */
export interface TokenOffer {
  voucher: Voucher;
  facts: TokenFacts;
}

export async function beginPayment(till: Till): Promise<TokenOffer | null> {
  const voucher = await openPayment(till);
  if (voucher === null) return null;
  if (voucher.token !== null) return { voucher, facts: await readFacts(till, voucher) };
  await send(till, voucher);
  return null;
}

export async function payByTransaction(till: Till): Promise<void> {
  const voucher = await openPayment(till);
  if (voucher === null) return;
  if (voucher.token !== null) {
    const { allowance } = await readFacts(till, voucher);
    if (allowance < BigInt(voucher.amount)) {
      const { approveToken } = await import("./approve-token.ts");
      const { ask, pause, say: onStep } = till;
      await approveToken({ ask, voucher, onStep, pause });
    }
  }
  await send(till, voucher);
}

/** The fan pays no fee and sends nothing. */
export async function payBySignature(till: Till): Promise<void> {
  const voucher = await openPayment(till);
  if (voucher === null) return;
  const facts = await readFacts(till, voucher);
  const { signConsent } = await import("./sign-consent.ts");
  till.say("sign");
  const consent = await signConsent(till.ask, voucher, facts);
  till.say("ready");
  const { state } = await till.handIn(consent);
  if (state === "captured") return till.onCaptured();
  writeNote(till.memory, till.order.id, { step: "relayed" });
}

/** Null where nothing is left for the wallet to do; the server knows that best, so it is asked. */
async function openPayment(till: Till): Promise<Voucher | null> {
  const { ask, memory, order, chainId, say } = till;
  say("connect");
  await requireBuyer(ask, order.buyer);
  await requireNetwork(ask, chainId);
  say("ready");
  const { state, voucher } = await till.askVoucher();
  if (state === "captured") {
    till.onCaptured();
    return null;
  }
  if (voucher === null) return null;
  const isRelayed = voucher.relay !== null && voucher.relay.state !== "refused";
  const step = readNote(memory, order.id)?.step;
  if (isRelayed) writeNote(memory, order.id, { step: "relayed" });
  else if (step === undefined || step === "relayed") writeNote(memory, order.id, { step: "begun" });
  return isRelayed || step === "sent" ? null : voucher;
}

async function send({ ask, memory, order, say }: Till, voucher: Voucher): Promise<void> {
  const onAsk = () => say("pay");
  await sendPayment({ ask, memory, orderId: order.id, voucher, onAsk });
}

/** Lazily: a token needs contract calls spelt out, which a coin does not. */
async function readFacts({ ask }: Till, voucher: Voucher): Promise<TokenFacts> {
  const { readToken } = await import("./read-token.ts");
  const facts = await readToken(ask, voucher);
  if (facts.balance < BigInt(voucher.amount)) throw new Hurdle("too-little");
  return facts;
}
