// The simulation finds bugs: each of these is planted, and found within so many seeds that end well without it.
import { expect } from "chai";
import type { Planted } from "./crew.ts";
import { LEAVES_GAPS, LOSES_LINES, SENDS_ANEW, SENDS_FIRST, SKIPS_NONCES } from "./planted.ts";
import { type Ended, runSeed } from "./run-seed.ts";

const LIMIT_MS = 120_000;

describe("a planted bug", () => {
  const bugs: { name: string; planted: Planted; seedsMax: number; shows: RegExp }[] = [
    {
      name: "that signs anew what nobody answered for (double send)",
      planted: SENDS_ANEW,
      seedsMax: 20,
      shows: /two intents for nonce|is sent twice at once/,
    },
    {
      name: "that sends before it writes down (double send)",
      planted: SENDS_FIRST,
      seedsMax: 5,
      shows: /before it was written down/,
    },
    {
      name: "that marks lines beside their transaction (lost line)",
      planted: LOSES_LINES,
      seedsMax: 40,
      shows: /line \d+ stays sent/,
    },
    {
      name: "that leaves a nonce out and never fills it (nonce gap)",
      planted: LEAVES_GAPS,
      seedsMax: 40,
      shows: /nonce \d+ of 0x[0-9a-f]+ is a gap/,
    },
  ];

  for (const { name, planted, seedsMax, shows } of bugs) {
    it(`${name} is found within ${seedsMax} seeds`, async () => {
      const found = await findIn(seedsMax, planted, shows);
      if (found === undefined) throw new Error(`none of ${seedsMax} seeds shows the bug`);
      const without = await runSeed(found.seed);
      expect(without.violations, `seed ${found.seed} without the bug`).to.deep.equal([]);
    }).timeout(LIMIT_MS);
  }

  it("that only leaves nonces out is mended by what fills gaps", async () => {
    const found = await findIn(30, SKIPS_NONCES, /./);
    expect(found?.violations).to.equal(undefined);
  }).timeout(LIMIT_MS);
});

async function findIn(
  seedsMax: number,
  planted: Planted,
  shows: RegExp,
): Promise<Ended | undefined> {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const ended = await runSeed(seed, { planted });
    if (ended.violations.some((violation) => shows.test(violation))) return ended;
  }
  return undefined;
}
