// Whether a block's logs are all of it is told by its bloom, also where they repeat each other.
import { expect } from "chai";
import { bytesToHex, type Hex, keccak256, toHex } from "viem";
import type { RawLog } from "#indexer/answer.ts";
import { isExactly, mayHold } from "#indexer/bloom.ts";
import { chanceOf } from "../support/seeded.ts";

const SEED = 20_261_122;
const BLOCKS = 200;
const LOGS_MAX = 12;
const TOPICS_MAX = 4;
const BLOOM_BYTES = 256;
/** Few, so that a log often says what the one before it says, here or there. */
const ADDRESSES = 3;
const TOPICS = 5;

const chance = chanceOf(SEED);
const addressOf = (n: number): Hex => toHex(n + 1, { size: 20 });
/** Numbers, wallets and names of events, as they come. */
const topicOf = (n: number): Hex => (n % 2 === 0 ? toHex(n, { size: 32 }) : keccak256(toHex(n)));

function randomLogs(): RawLog[] {
  return Array.from({ length: 1 + chance(LOGS_MAX) }, () => ({
    address: addressOf(chance(ADDRESSES)),
    topics: Array.from({ length: chance(TOPICS_MAX + 1) }, () => topicOf(chance(TOPICS))),
  })) as RawLog[];
}

/** As the yellow paper has it, and nothing remembered. */
function bitsOf(item: Hex): number[] {
  const hash = keccak256(item);
  return [2, 6, 10].map((at) => Number.parseInt(hash.slice(at, at + 4), 16) & 0x7ff);
}

function setOf(logs: readonly RawLog[]): Set<number> {
  const items = logs.flatMap(({ address, topics }) => [address, ...topics]);
  return new Set(items.flatMap(bitsOf));
}

function bloomOf(bits: ReadonlySet<number>): Hex {
  const bytes = new Uint8Array(BLOOM_BYTES);
  for (const bit of bits) {
    const at = BLOOM_BYTES - 1 - (bit >> 3);
    bytes[at] = (bytes[at] ?? 0) | (1 << (bit & 7));
  }
  return bytesToHex(bytes);
}

describe("a block's bloom", () => {
  it("is exactly that of all its logs, and of no fewer that say less", () => {
    let missed = 0;
    for (let block = 0; block < BLOCKS; block += 1) {
      const logs = randomLogs();
      const whole = setOf(logs);
      const bloom = bloomOf(whole);
      expect(isExactly(bloom, logs), `block ${block}`).to.equal(true);
      for (const left of logs) {
        const others = logs.filter((log) => log !== left);
        const isSame = setOf(others).size === whole.size;
        expect(isExactly(bloom, others), `block ${block}`).to.equal(isSame);
        if (!isSame) missed += 1;
      }
    }
    expect(missed).to.be.greaterThan(BLOCKS);
  });

  it("is not that of its logs with one bit more or less", () => {
    const logs = randomLogs();
    const whole = setOf(logs);
    const unset = Array.from({ length: BLOOM_BYTES * 8 }, (_, bit) => bit).find(
      (bit) => !whole.has(bit),
    ) as number;
    expect(isExactly(bloomOf(new Set([...whole, unset])), logs)).to.equal(false);
    const [first] = whole;
    expect(isExactly(bloomOf(new Set([...whole].filter((bit) => bit !== first))), logs)).to.equal(
      false,
    );
  });

  it("may hold logs of the contracts that it names", () => {
    const bloom = bloomOf(setOf([{ address: addressOf(0), topics: [] as Hex[] } as RawLog]));
    expect(mayHold(bloom, addressOf(0))).to.equal(true);
    expect(mayHold(bloom, addressOf(1))).to.equal(false);
  });
});
