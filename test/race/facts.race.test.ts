// Races of a chain that goes between branches and of those who read its facts: the short run of the long test.
import { expect } from "chai";
import { playFactRounds } from "../support/fact-rounds.ts";

/** What the chain does and who comes is the same each time; which answer is first is not. */
const SEED = 11;
const ROUNDS = 5;

describe("facts while the chain goes between branches", () => {
  it("are at rest what the chain has, to everybody", async () => {
    // How often somebody is told to go back is not: who reads late never heard of the branch.
    const { facts } = await playFactRounds({ seed: SEED, rounds: ROUNDS });
    expect(facts).to.be.above(0);
  });
});
