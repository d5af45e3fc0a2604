// A block's header says which logs the block may hold: 2048 bits, three for each address and topic.
import { createKeccak } from "hash-wasm";
import { type Hex, hexToBytes } from "viem";
import type { RawLog } from "./answer.ts";

const HASH_BITS = 256;
const BLOOM_BYTES = 256;
const BIT_MASK = 0x7ff;
/** Hashing is nearly all of the work here, and wallets come again and again. */
const WALLETS_KEPT_MAX = 100_000;
/** A ticket comes again at most within its transaction: a sale follows its Transfer. */
const OTHERS_KEPT_MAX = 1_000;
/** A topic with fewer zeros in front is no number of ours. */
const NUMBER_ZEROS = `0x${"0".repeat(40)}`;

const hasher = await createKeccak(HASH_BITS);
const wallets = new Map<string, readonly number[]>();
const others = new Map<string, readonly number[]>();

/** Whether the header's bits are exactly those of these logs: then none was left out. */
export function isExactly(bloom: Hex, logs: readonly RawLog[]): boolean {
  const bits = new Uint8Array(BLOOM_BYTES);
  // One contract says the same of many tickets in a row: what was just set is set.
  let last: RawLog | undefined;
  for (const log of logs) {
    const { address, topics } = log;
    if (address !== last?.address) set(bits, bitsOf(address));
    for (let at = 0; at < topics.length; at += 1) {
      const topic = topics[at] as Hex;
      if (topic !== last?.topics[at]) set(bits, bitsOf(topic));
    }
    last = log;
  }
  return Buffer.from(bits.buffer).equals(hexToBytes(bloom));
}

/** False only for a contract of which the block surely has no log. */
export function mayHold(bloom: Hex, contract: Hex): boolean {
  const bits = hexToBytes(bloom);
  return bitsOf(contract).every((bit) => ((bits[byteAt(bit)] ?? 0) & (1 << (bit & 7))) !== 0);
}

function set(bloom: Uint8Array, bits: readonly number[]): void {
  for (const bit of bits) {
    const at = byteAt(bit);
    bloom[at] = (bloom[at] ?? 0) | (1 << (bit & 7));
  }
}

function byteAt(bit: number): number {
  return BLOOM_BYTES - 1 - (bit >> 3);
}

function bitsOf(item: Hex): readonly number[] {
  const isWallet = !item.startsWith(NUMBER_ZEROS);
  const kept = isWallet ? wallets : others;
  const known = kept.get(item);
  if (known !== undefined) return known;
  const hash = hasher
    .init()
    .update(Buffer.from(item.slice(2), "hex"))
    .digest("binary");
  const bits = [0, 2, 4].map(
    (at) => (((hash[at] as number) << 8) | (hash[at + 1] as number)) & BIT_MASK,
  );
  if (kept.size >= (isWallet ? WALLETS_KEPT_MAX : OTHERS_KEPT_MAX)) kept.clear();
  kept.set(item, bits);
  return bits;
}
