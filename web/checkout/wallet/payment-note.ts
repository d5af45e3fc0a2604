// What this browser knows of an order's payment by wallet, so that no reload and no other tab pays again.
import type { Memory } from "../../api/memory.ts";

export type PaymentNote =
  /** The order is being paid by a wallet; nothing can have been sent yet. */
  | { step: "begun" }
  /** The wallet is asked; its account had sent so many transactions before. */
  | { step: "asked"; sentBefore: number }
  | { step: "sent"; hash: string }
  /** A worker has the fan's signature. */
  | { step: "relayed" };

export function noteSlot(orderId: string): string {
  return `wallet-payment:${orderId}`;
}

export function readNote(memory: Memory, orderId: string): PaymentNote | null {
  const text = memory.read(noteSlot(orderId));
  return text === null ? null : (JSON.parse(text) as PaymentNote);
}

export function writeNote(memory: Memory, orderId: string, note: PaymentNote): void {
  memory.write(noteSlot(orderId), JSON.stringify(note));
}

export function forgetNote(memory: Memory, orderId: string): void {
  memory.forget(noteSlot(orderId));
}
