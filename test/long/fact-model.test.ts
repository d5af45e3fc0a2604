// A chain that goes between branches, and followers by the hundred: a model of each says what it must know at rest.
import { expect } from "chai";
import { playFactRounds } from "../support/fact-rounds.ts";
import { seedOr } from "../support/variables.ts";

const SEED = seedOr(20_261_122);
const SEEDS = 6;
const ROUNDS = 60;

describe("facts while the chain goes between branches", function () {
  this.timeout(5 * 60_000);

  for (let seed = SEED; seed < SEED + SEEDS; seed += 1) {
    it(`are at rest what the chain has, to everybody, by seed ${seed}`, async () => {
      const { line, facts, undone } = await playFactRounds({ seed, rounds: ROUNDS });
      process.stdout.write(`      ${line}\n`);
      expect(facts).to.be.above(0);
      expect(undone).to.be.above(0);
    });
  }
});
