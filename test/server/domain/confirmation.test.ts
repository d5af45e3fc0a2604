// How far a paid ticket has come, as fans are told: by the mirror's block, forwards and back again.
import { expect } from "chai";
import { isOver, type LineFacts, stageOf } from "#server/domain/confirmation.ts";

const minted = (mintBlock: bigint | null): LineFacts => ({
  ...{ line: "minted", mintBlock, safeNumber: 20n, finalNumber: 10n },
});

describe("how far a ticket has come", () => {
  it("is said by its line until the mirror has its block", () => {
    const before = { mintBlock: null, safeNumber: 20n, finalNumber: 10n };
    for (const line of ["queued", "sent", "attention", "withdrawn"] as const) {
      expect(stageOf({ ...before, line })).to.equal(line);
    }
    expect(stageOf({ ...before, line: null })).to.equal("none");
  });

  it("goes from included to safe and final with the heads, each with its own block", () => {
    expect(stageOf(minted(21n))).to.equal("included");
    expect(stageOf(minted(20n))).to.equal("safe");
    expect(stageOf(minted(11n))).to.equal("safe");
    expect(stageOf(minted(10n))).to.equal("final");
    expect(stageOf(minted(0n))).to.equal("final");
  });

  it("is final before it is safe where the chain does not know the word safe", () => {
    expect(stageOf({ ...minted(10n), safeNumber: 0n })).to.equal("final");
    expect(stageOf({ ...minted(11n), safeNumber: 0n })).to.equal("included");
  });

  it("is sent again once a reorg took its block, though its line is still closed", () => {
    expect(stageOf(minted(null))).to.equal("sent");
  });

  it("is over with the last ticket, and at once where nothing comes of the order", () => {
    expect(isOver("fulfilled", ["final", "final"])).to.equal(true);
    expect(isOver("fulfilled", ["final", "withdrawn"])).to.equal(true);
    expect(isOver("fulfilled", ["final", "safe"])).to.equal(false);
    expect(isOver("paid", ["final", "final"]), "fulfilled is still to be told").to.equal(false);
    expect(isOver("attention", ["final", "attention"])).to.equal(false);
    expect(isOver("expired", ["none"])).to.equal(true);
    expect(isOver("refunded", ["safe"])).to.equal(true);
    expect(isOver("claimed", ["none"])).to.equal(false);
  });
});
