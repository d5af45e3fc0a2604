// Which block of a chain no reorg can reach any more.
import type { Chain } from "#server/platform/chain.ts";
import { fetchHeader, type Header } from "./header.ts";

/** Where a node does not know `finalized`: about a quarter of an hour on mainnet. */
const ASSUMED_FINAL_DEPTH = 64n;

export async function readFinal(chain: Chain, head: Header): Promise<bigint> {
  try {
    const header = await fetchHeader(chain, "finalized");
    if (header !== undefined) return header.number;
  } catch {
    // Some chains do not know the word; counting blocks is what is left.
  }
  return head.number > ASSUMED_FINAL_DEPTH ? head.number - ASSUMED_FINAL_DEPTH : 0n;
}
