// Our Keccak is the one that everybody else's is.
import { expect } from "chai";
import { keccak256, toHex } from "viem";
import { keccak } from "#indexer/keccak.ts";

const HASH_BYTES = 32;
const ITEMS = 500;

describe("keccak", () => {
  const ours = (item: `0x${string}`) => toHex(keccak(item).slice(0, HASH_BYTES));
  const itemOf = (bytes: number, seed: number) =>
    toHex(Uint8Array.from({ length: bytes }, (_, at) => (at * 37 + seed * 101 + bytes) & 0xff));

  it("gives the known hash of nothing", () => {
    expect(ours("0x")).to.equal(
      "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    );
  });

  it("agrees on items of every length, and of many values", () => {
    for (let bytes = 0; bytes <= 135; bytes += 1) {
      const item = itemOf(bytes, 1);
      expect(ours(item), item).to.equal(keccak256(item));
    }
    for (let seed = 0; seed < ITEMS; seed += 1) {
      const item = itemOf(HASH_BYTES, seed);
      expect(ours(item), item).to.equal(keccak256(item));
    }
  });

  it("reads digits in either case", () => {
    expect(ours("0xABCDEF")).to.equal(ours("0xabcdef"));
  });

  it("refuses what does not fit into one block", () => {
    expect(() => keccak(itemOf(136, 1))).to.throw(RangeError);
  });
});
