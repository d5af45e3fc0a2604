// Found: for a second after a reorg, answers were called as new as the blocks that it had taken out.
import { expect } from "chai";
import { keepStamp } from "#server/lookup/freshness.ts";
import type { Heads } from "#server/lookup/mirror-heads.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Sql } from "#server/platform/db/client.ts";

const hashOf = (name: string) => `0x${name.repeat(64)}`;

describe("how new the mirror is, after a reorg", () => {
  let tell: (heads: Heads) => void;
  let followers: number;
  let nowMs: number;
  let row: { number: bigint; hash: string };
  let hold: Promise<void>;
  let blockOf: () => Promise<number | undefined>;
  beforeEach(() => {
    followers = 0;
    nowMs = 0;
    hold = Promise.resolve();
    const query = async () => {
      const { number, hash } = row;
      await hold;
      return { rows: [{ deployment: 1, block_number: number, block_hash: hash }] };
    };
    const read = keepStamp({
      db: { query } as unknown as Sql,
      clock: { ...systemClock, monotonicMs: () => nowMs },
      heads: {
        follow: (onHeads) => {
          tell = onHeads;
          followers += 1;
          return () => {
            followers -= 1;
          };
        },
      },
    });
    blockOf = async () => (await read()).cursors[0]?.blockNumber;
    move(100n, "a");
  });

  function move(number: bigint, name: string): void {
    row = { number, hash: hashOf(name) };
    tell?.(new Map([[1, { number, hash: hashOf(name), finalNumber: 0n }]]));
  }

  it("is read anew, where the mirror went back or has another block of that number", async () => {
    expect(await blockOf()).to.equal(100);
    move(95n, "b");
    expect(await blockOf()).to.equal(95);
    row = { number: 96n, hash: hashOf("c") };
    tell(new Map([[1, { number: 95n, hash: hashOf("c"), finalNumber: 0n }]]));
    expect(await blockOf()).to.equal(96);
  });

  it("is kept where the mirror only went on", async () => {
    expect(await blockOf()).to.equal(100);
    move(101n, "b");
    expect(await blockOf()).to.equal(100);
  });

  it("is asked for again, where it was on its way meanwhile", async () => {
    expect(await blockOf()).to.equal(100);
    nowMs += 1_001;
    const slow = Promise.withResolvers<void>();
    hold = slow.promise;
    const late = blockOf();
    move(95n, "b");
    slow.resolve();
    expect(await late).to.equal(95);
  });

  it("follows the mirror only while somebody looks something up", async () => {
    await blockOf();
    await blockOf();
    expect(followers).to.equal(1);
    nowMs += 10_000;
    move(101n, "b");
    expect(followers).to.equal(0);
    await blockOf();
    expect(followers).to.equal(1);
  });
});
