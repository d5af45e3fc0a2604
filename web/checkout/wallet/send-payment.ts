// Has the wallet send a voucher's transaction, and remembers at each step what may have been sent.
import type { Memory } from "../../api/memory.ts";
import type { Voucher } from "../../api/wire.ts";
import { type AskWallet, WalletRefused } from "../../session/wallet.ts";
import { Hurdle } from "./hurdle.ts";
import { readNote, writeNote } from "./payment-note.ts";
import { toHex } from "./reach-wallet.ts";
import { requireTaken } from "./require-taken.ts";

interface Sending {
  ask: AskWallet;
  memory: Memory;
  orderId: string;
  voucher: Pick<Voucher, "transaction" | "chainId"> & { voucher: { payer: string } };
  /** All checks are done, and the wallet opens. */
  onAsk: () => void;
}

/** The contract takes a voucher once; this is so that nobody pays fees to learn that. */
export async function sendPayment(sending: Sending): Promise<void> {
  const { ask, memory, orderId, voucher, onAsk } = sending;
  const { payer: from } = voucher.voucher;
  const { to, data, value } = voucher.transaction;
  const note = readNote(memory, orderId);
  if (note?.step === "sent") return;
  // What waits counts as well: it may be this very payment.
  const sentBefore = Number(await ask<string>("eth_getTransactionCount", [from, "pending"]));
  if (note?.step === "asked" && sentBefore > note.sentBefore) throw new Hurdle("perhaps-sent");
  const transaction = { from, to, data, value: toHex(BigInt(value)) };
  await requireTaken(ask, transaction);
  onAsk();
  // Before it is asked: the page may be gone when the fan says yes.
  writeNote(memory, orderId, { step: "asked", sentBefore });
  const hash = await askToSend(sending, { ...transaction, chainId: toHex(voucher.chainId) });
  writeNote(memory, orderId, { step: "sent", hash });
}

async function askToSend({ ask, memory, orderId }: Sending, transaction: object): Promise<string> {
  try {
    return await ask<string>("eth_sendTransaction", [transaction]);
  } catch (error) {
    // Only a person's no is certain; after any other failure it may have been sent all the same.
    if (error instanceof WalletRefused) writeNote(memory, orderId, { step: "begun" });
    throw error;
  }
}
