// Which block of a chain no reorg can reach any more, and which it hardly can, as its nodes say.
import { Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import { fetchHeader, type Header } from "./header.ts";
import { isTooOften } from "./pace.ts";
import { agreedFinal } from "./witness.ts";

/** Where a node does not know `finalized`: about a quarter of an hour on mainnet. */
const ASSUMED_FINAL_DEPTH = 64n;

const NOT_SAID = "The node does not say which block is final.";
/** No such method, not these parameters, and "unknown block" as Besu and Erigon number it. */
const UNKNOWN: ReadonlySet<unknown> = new Set([-32_601, -32_602, -39_001]);
/** What geth has for all that it cannot do, so that its words decide. */
const SERVER_ERROR = -32_000;
/**
 * As geth says it before a first block is final, on a chain that knows no such blocks, and before
 * it knew the word at all: "finalized block not found", "'safe' tag not supported on pre-merge
 * network", "hex string without 0x prefix".
 */
const UNKNOWN_WORDS = /finali[sz]ed|\bsafe\b|unknown block|block not found|without 0x prefix/i;

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
    // Silence says nothing about what is final, nor does any error but the one: what is counted
    // too soon stays final, and a reorg below it is more than the mirror can follow.
    if (error instanceof Fault) throw error;
    if (!isUnknownTag(error)) throw new Fault("chain/unreachable", NOT_SAID, { cause: error });
    // Some chains do not know the word; counting blocks is what is left.
  }
  return atDepth(chain, head, ASSUMED_FINAL_DEPTH);
}

function atDepth(chain: Chain, head: Header, depth: bigint): Promise<Header | undefined> {
  return fetchHeader(chain, head.number > depth ? head.number - depth : 0n);
}

/** Whether a node answers that it knows no block by this word. */
function isUnknownTag(error: unknown): boolean {
  if (isTooOften(error)) return false;
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, details, message } = at as Error & { code?: unknown; details?: unknown };
    if (UNKNOWN.has(code)) return true;
    // The message around what was said quotes the question, and the word with it.
    const said = typeof details === "string" ? details : message;
    if (code === SERVER_ERROR && UNKNOWN_WORDS.test(said)) return true;
  }
  return false;
}
