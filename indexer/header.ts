// The headers of a chain: what links its blocks, and what says which logs they may hold.
import type { Hex } from "viem";
import type { Chain } from "#server/platform/chain.ts";
import { ask, garbage, isHash, isHexOf, isQuantity } from "./answer.ts";
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

const BLOOM_LENGTH = 514;
/** The last second of the year 9999, which every clock here can still write down. */
const SECONDS_MAX = 253_402_300_799;

export type Tag = "latest" | "finalized" | "safe" | bigint;

export async function fetchHeader(
  { client }: Pick<Chain, "client">,
  at: Tag,
): Promise<Header | undefined> {
  const tag = typeof at === "bigint" ? toHex(at) : at;
  const raw = await ask(client, "eth_getBlockByNumber", [tag, false]);
  if (raw === null) return undefined;
  const header = readHeader(raw);
  if (header === undefined) throw garbage("a block");
  // Answers that travel together can be mixed up.
  if (typeof at === "bigint" && header.number !== at) throw garbage("the block that was asked for");
  return header;
}

/** undefined for what is no header. */
export function readHeader(raw: unknown): Header | undefined {
  if (!isHeader(raw)) return undefined;
  return {
    number: BigInt(raw.number),
    hash: raw.hash,
    parentHash: raw.parentHash,
    minedAt: new Date(Number(raw.timestamp) * 1000),
    logsBloom: raw.logsBloom,
  };
}

function isHeader(value: unknown): value is RawHeader {
  if (typeof value !== "object" || value === null) return false;
  const { number, hash, parentHash, timestamp, logsBloom } = value as Record<string, unknown>;
  return (
    isQuantity(number) &&
    isHash(hash) &&
    isHash(parentHash) &&
    isQuantity(timestamp) &&
    Number(timestamp) <= SECONDS_MAX &&
    isHexOf(logsBloom, BLOOM_LENGTH)
  );
}

export function toHex(number: bigint): Hex {
  return `0x${number.toString(16)}`;
}
