// Whoever waits for a backfill reads how far it is, how fast it goes and how long it will take.
import { expect } from "chai";
import type { Header } from "#indexer/header.ts";
import { createProgress } from "#indexer/progress.ts";
import type { Range } from "#indexer/range.ts";
import type { Clock } from "#server/platform/clock.ts";
import { recordLog } from "./log-lines.ts";

const rangeTo = (first: bigint, last: bigint, facts: number): Range => ({
  headers: [{ number: first }, { number: last }] as Header[],
  facts: new Array(facts),
  logs: facts,
});

describe("progress of a backfill", () => {
  function setUp(isTTY: boolean) {
    let nowMs = 0;
    const written: string[] = [];
    const { log, lines } = recordLog();
    const progress = createProgress({
      ...{ deployment: 3, log, clock: { monotonicMs: () => nowMs } as Clock },
      output: { isTTY, write: (text) => written.push(text) },
    });
    const step = (atMs: number, range: Range) => {
      nowMs = atMs;
      progress.onRange({ range, head: 10_000n });
    };
    return { step, written, lines };
  }

  it("is a line of the log every few seconds, with rate and time left, and one at the end", () => {
    const { step, lines, written } = setUp(false);
    step(0, rangeTo(1n, 1_000n, 500));
    step(1_000, rangeTo(1_001n, 2_000n, 500));
    step(6_000, rangeTo(2_001n, 4_000n, 2_000));
    step(9_000, rangeTo(4_001n, 10_000n, 1_000));
    expect(written).to.deep.equal([]);
    expect(lines.map(({ msg }) => msg)).to.deep.equal([
      "catching up",
      "catching up",
      "the mirror has caught up",
    ]);
    expect(lines[1]).to.deep.include({
      ...{ deployment: 3, block: 4_000, head: 10_000 },
      ...{ blocksPerSecond: 667, factsPerSecond: 500, etaSeconds: 9 },
    });
    expect(lines[2]).to.deep.include({ facts: 4_000 });
  });

  it("is one live line on a terminal", () => {
    const { step, written } = setUp(true);
    step(0, rangeTo(1n, 1_000n, 500));
    step(50, rangeTo(1_001n, 2_000n, 500));
    step(5_000, rangeTo(2_001n, 6_000n, 500));
    step(6_000, rangeTo(6_001n, 10_000n, 500));
    expect(written).to.have.lengthOf(3);
    expect(written[1]).to.include("60.0 %").and.to.include("4 s left").and.to.include("█");
  });

  it("says nothing while the mirror follows block by block", () => {
    const { step, lines } = setUp(false);
    for (let at = 0; at < 60; at += 1) step(at * 1_000, rangeTo(9_940n, 9_941n + BigInt(at), 1));
    expect(lines).to.deep.equal([]);
  });
});
