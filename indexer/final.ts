// Which block of a chain no reorg can reach any more, and which it hardly can, as its nodes say.
import { Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import { fetchHeader, type Header } from "./header.ts";
import { agreedFinal } from "./witness.ts";

/** Where a node does not know `finalized`: about a quarter of an hour on mainnet. */
const ASSUMED_FINAL_DEPTH = 64n;

/** Never less than what was called final before: `known`. */
export async function readFinal(chain: Chain, head: Header, known: bigint): Promise<bigint> {
  const final = await finalBlock(chain, head);
  if (final === undefined || final.number <= known) return known;
  return (await agreedFinal(chain, final)) ? final.number : known;
}

/** Hardly ever replaced, though it can be; where no node knows the word, only what is final is. */
export async function readSafe(chain: Chain, head: Header): Promise<bigint> {
  try {
    const safe = await fetchHeader(chain, "safe");
    // Of two answers the later one may be about a newer head.
    if (safe !== undefined && safe.number > head.number) return head.number;
    if (safe !== undefined) return safe.number;
  } catch {
    // A fan's screen says a step less; what counts is decided by the final block alone.
  }
  return 0n;
}

/** By the deployment's own rule: a tag of the chain, or so many blocks below its head. */
async function finalBlock(chain: Chain, head: Header): Promise<Header | undefined> {
  const { finality = "finalized" } = chain.deployment;
  if (typeof finality === "number") return atDepth(chain, head, BigInt(finality));
  try {
    const header = await fetchHeader(chain, finality);
    if (header !== undefined) return header;
  } catch (error) {
    // Silence says nothing about what is final.
    if (error instanceof Fault) throw error;
    // Some chains do not know the word; counting blocks is what is left.
  }
  return atDepth(chain, head, ASSUMED_FINAL_DEPTH);
}

function atDepth(chain: Chain, head: Header, depth: bigint): Promise<Header | undefined> {
  return fetchHeader(chain, head.number > depth ? head.number - depth : 0n);
}
