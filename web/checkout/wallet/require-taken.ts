// Asks the chain, through the wallet, whether it would take a transaction: a refusal there costs a fee.
import type { AskWallet } from "../../session/wallet.ts";
import { Hurdle } from "./hurdle.ts";

/** As wallets take it (EIP-1474). */
export interface WalletTransaction {
  from: string;
  to: string;
  data: string;
  value: string;
}

/** Of JSON-RPC: the contract reverted. */
const REVERTED = 3;

export async function requireTaken(ask: AskWallet, transaction: WalletTransaction): Promise<void> {
  // The fee comes on top, so that the price alone is too little.
  const coin = BigInt(await ask<string>("eth_getBalance", [transaction.from, "latest"]));
  if (coin <= BigInt(transaction.value)) throw new Hurdle("too-little");
  try {
    await ask("eth_call", [transaction, "latest"]);
  } catch (error) {
    throw isRevert(error) ? new Hurdle("not-taken", { cause: error }) : error;
  }
}

/** Wallets hand on their node's error whole, or wrapped once or twice. */
function isRevert(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { code, message, data, cause } = error as Record<string, unknown>;
  if (code === REVERTED || /revert/i.test(String(message ?? ""))) return true;
  const { originalError } = (data ?? {}) as { originalError?: unknown };
  return [data, originalError, cause].some(isRevert);
}
