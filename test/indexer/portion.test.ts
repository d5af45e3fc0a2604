// How much is written at once: less where a database failed at more, and not the same again at once.
import { expect } from "chai";
import { createPortion } from "#indexer/portion.ts";

/** A database that can write so many, beside one that is asked for a million facts. */
function backfill(canWrite: number) {
  const portion = createPortion();
  const tally = { left: 1_200_000, done: 0, failed: 0 };
  while (tally.left > 0 && tally.failed < 1_000) {
    const facts = portion.facts(false);
    const isDone = facts <= canWrite;
    portion.wrote(isDone);
    tally[isDone ? "done" : "failed"] += 1;
    if (isDone) tally.left -= facts;
  }
  return tally;
}

describe("a portion", () => {
  it("is as large as it may be where the database can write that much", () => {
    expect(backfill(60_000)).to.deep.equal({ left: 0, done: 20, failed: 0 });
  });

  it("is halved until it can be written, and not doubled with the first that was", () => {
    expect(backfill(40_000)).to.include({ failed: 1 });
    const { failed, left } = backfill(9_000);
    expect(left).to.be.at.most(0);
    expect(failed).to.be.lessThan(8);
  });

  it("is never nothing, however often it failed, and grows again in the end", () => {
    const portion = createPortion();
    const most = portion.facts(false);
    for (let times = 0; times < 20; times += 1) portion.wrote(false);
    expect(portion.facts(false)).to.be.within(1, most / 32);
    for (let times = 0; times < 1_000; times += 1) portion.wrote(true);
    expect(portion.facts(false)).to.equal(most);
  });

  it("is small where every row may have to be taken back", () => {
    expect(createPortion().facts(true)).to.be.at.most(createPortion().facts(false) / 4);
  });
});
