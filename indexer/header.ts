// The headers of a chain: what links its blocks, and what says which logs they may hold.
import type { Hex } from "viem";
import { type Chain, onChain } from "#server/platform/chain.ts";
import type { FactBlock } from "./facts.ts";

export interface Header extends FactBlock {
  number: bigint;
  hash: Hex;
  parentHash: Hex;
  /** 2048 bits that are set by every log of the block. */
  logsBloom: Hex;
}

interface RawHeader {
  number: Hex;
  hash: Hex;
  parentHash: Hex;
  timestamp: Hex;
  logsBloom: Hex;
}

export type Tag = "latest" | "finalized" | "safe" | bigint;

export async function fetchHeader(
  { client }: Pick<Chain, "client">,
  at: Tag,
): Promise<Header | undefined> {
  const tag = typeof at === "bigint" ? toHex(at) : at;
  const raw = (await onChain(() =>
    client.request({ method: "eth_getBlockByNumber", params: [tag, false] }),
  )) as RawHeader | null;
  if (raw === null) return undefined;
  return {
    number: BigInt(raw.number),
    hash: raw.hash,
    parentHash: raw.parentHash,
    minedAt: new Date(Number(raw.timestamp) * 1000),
    logsBloom: raw.logsBloom,
  };
}

export function toHex(number: bigint): Hex {
  return `0x${number.toString(16)}`;
}
