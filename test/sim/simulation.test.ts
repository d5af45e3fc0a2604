// The mint pipeline in a simulated world: whatever goes wrong, every paid line is minted once or asks for a person.
import { expect } from "chai";
import { runSeed } from "./run-seed.ts";
import { replayOf, runSeeds, type SeedsEnded } from "./run-seeds.ts";

const SEEDS = 200;
const LIMIT_MS = 120_000;
/** Of each of these there has to be some: a simulation in which all goes well proves nothing. */
const KINDS = [
  ...["crash", "pause", "reorg", "deep reorg", "a stranger's mint", "a stolen nonce"],
  ...["a forgotten transaction", "filling a gap of nonces"],
  ...["node: refused", "node: lost", "node: late", "node: twice", "node: slow"],
  ...["database: refused", "database: lost", "database: slow"],
  ...["no block takes a transaction: offering more", "a key of ours was used elsewhere"],
  "a reorg took mints away; they are sent again",
  "a transaction reverted; what waited for it goes again",
  "seats were minted by transactions that are not ours",
];

describe("the simulated mint pipeline", () => {
  let ended: SeedsEnded;
  before(async function run() {
    this.timeout(LIMIT_MS);
    ended = await runSeeds({ from: 1, count: SEEDS });
  });

  it("mints every paid line once, whatever goes wrong on the way", () => {
    expect(ended.failed.map(replayOf)).to.deep.equal([]);
    expect(ended.lines).to.be.greaterThan(SEEDS);
  });

  it("has met everything that can go wrong", () => {
    expect(KINDS.filter((kind) => !ended.tallies.has(kind))).to.deep.equal([]);
  });

  it("does the same for the same seed, and something else for another", async () => {
    const [once, twice, other] = [await runSeed(7), await runSeed(7), await runSeed(8)];
    expect(twice.trace).to.equal(once.trace);
    expect(other.trace).to.not.equal(once.trace);
  });

  it("does the same whether or not it is noted down", async () => {
    const noted = await runSeed(9, { keepNotes: true });
    const unnoted = await runSeed(9);
    expect(unnoted.trace).to.equal(noted.trace);
    expect(noted.notes.length).to.be.greaterThan(100);
  });
});
