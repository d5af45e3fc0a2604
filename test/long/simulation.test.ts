// A thousand seeds of the simulated mint pipeline: none of them loses, doubles or forgets a ticket.
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { replayOf, runSeeds } from "../sim/run-seeds.ts";

const SEEDS = 1_000;
/** Several times what two free processors take, as others may be busy as well. */
const LIMIT_MS = 60_000;

describe("a thousand seeds of the simulated mint pipeline", () => {
  it(`end well within ${LIMIT_MS / 1_000} s`, async () => {
    const beganMs = systemClock.monotonicMs();
    const { failed, lines } = await runSeeds({ from: 1, count: SEEDS });
    expect(failed.map(replayOf)).to.deep.equal([]);
    expect(lines).to.be.greaterThan(SEEDS);
    expect(systemClock.monotonicMs() - beganMs).to.be.lessThan(LIMIT_MS);
  });
});
