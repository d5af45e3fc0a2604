// How new an answer says it is: never newer than what was read, however long ago that was.
import { expect } from "chai";
import { Refusal } from "#server/domain/failure.ts";
import { parseAtLeast, reaches } from "#server/lookup/at-least.ts";
import { headerOf, keepStamp, type Stamp } from "#server/lookup/freshness.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Sql } from "#server/platform/db/client.ts";

const stamp = (block: number): Stamp => ({
  askedMs: 1_000,
  databaseMs: 50_000,
  cursors: [
    {
      deployment: 1,
      blockNumber: block,
      blockHash: `0x${"ab".repeat(32)}`,
      finalNumber: block - 5,
      headNumber: block + 2,
      updatedMs: 49_750,
    },
  ],
});

describe("freshness of the mirror", () => {
  it("counts the time since it was read", () => {
    expect(headerOf(stamp(7), 1_000)).to.equal("1;block=7;lag-blocks=2;lag-seconds=0.25");
    expect(headerOf(stamp(7), 1_600.2)).to.equal("1;block=7;lag-blocks=2;lag-seconds=0.851");
  });

  it("is read once for all who ask meanwhile, renewed behind them, and waited for when old", async () => {
    let nowMs = 0;
    let block = 0;
    let isAway = false;
    const query = async () => {
      if (isAway) throw new Error("away");
      block += 1;
      return { rows: [{ deployment: 1, block_number: BigInt(block) }] };
    };
    const clock = { ...systemClock, monotonicMs: () => nowMs };
    const heads = { follow: () => () => undefined };
    const read = keepStamp({ db: { query } as unknown as Sql, clock, heads });
    const blockOf = async () => (await read()).cursors[0]?.blockNumber;
    expect(await Promise.all([blockOf(), blockOf(), blockOf()])).to.deep.equal([1, 1, 1]);
    nowMs = 300;
    expect(await blockOf()).to.equal(1);
    expect(await blockOf()).to.equal(2);
    isAway = true;
    nowMs = 900;
    expect(await blockOf()).to.equal(2);
    nowMs = 1_400;
    const failed = await blockOf().catch((error: Error) => error.message);
    expect(failed).to.equal("away");
  });

  it("is compared with what a caller has seen, which may be the header of an earlier answer", () => {
    expect(reaches(stamp(7), parseAtLeast(headerOf(stamp(7), 1_000)))).to.equal(true);
    expect(reaches(stamp(7), parseAtLeast("1;block=8"))).to.equal(false);
    expect(reaches(stamp(7), parseAtLeast("1;block=7, 2;block=1"))).to.equal(false);
    for (const text of [
      "",
      "7",
      "1;block=",
      "1;block=7,",
      "x;block=1",
      `1;block=7;${"a".repeat(3_000)}`,
    ]) {
      expect(() => parseAtLeast(text), text.slice(0, 20)).to.throw(Refusal);
    }
  });
});
