// What the chain has made of a transaction so far, looked up through the wallet that sent it.
import type { AskWallet } from "../../session/wallet.ts";

/** gone: nobody knows it any more, as when it was cancelled or replaced in the wallet. */
export type Fate = "waiting" | "taken" | "reverted" | "gone";

/** A node that hears of it from others may need some seconds; this is half a minute of looks. */
const UNKNOWN_LOOKS_MAX = 15;

/** Answers how to look; each look counts, because one node may know less than its neighbour. */
export function createFateReader(ask: AskWallet, hash: string): () => Promise<Fate> {
  let unknown = 0;
  return async () => {
    const receipt = await ask<{ status: string } | null>("eth_getTransactionReceipt", [hash]);
    if (receipt !== null) return Number(receipt.status) === 1 ? "taken" : "reverted";
    const known = await ask<object | null>("eth_getTransactionByHash", [hash]);
    unknown = known === null ? unknown + 1 : 0;
    return unknown >= UNKNOWN_LOOKS_MAX ? "gone" : "waiting";
  };
}
