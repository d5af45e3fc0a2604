// Compares what calls cost with the figures in git, so that a change of gas is always a decision.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { globalOptions } from "hardhat";

/** By contract, then by what was done: gas of a transaction or per ticket, or bytes. */
type Snapshot = Record<string, Record<string, number>>;

const FILE = join(import.meta.dirname, "gas.snapshot.json");
/** Room for a patch release of the compiler; anything more is written down again and reviewed. */
const DRIFT_MAX = 0.005;
const REWRITE = process.env.GAS_SNAPSHOT === "write";
/** Other compiler settings, or code with counters for coverage, have figures of their own. */
const IS_DEPLOYED_CODE =
  globalOptions.coverage !== true &&
  (globalOptions.buildProfile === undefined || globalOptions.buildProfile === "default");
const HINT = "If it is meant: GAS_SNAPSHOT=write ./stagedoor test --only contracts";

/** To be called inside the describe whose tests measure everything that is kept of the contract. */
export function gasSnapshot(contract: string): { expect(what: string, value: number): void } {
  const measured: Record<string, number> = {};

  after(`compares the list of figures of ${contract}`, function () {
    if (!IS_DEPLOYED_CODE) return;
    const tests = this.test?.parent?.tests ?? [];
    // With --grep, or after a failure, some are missing for a good reason.
    if (!tests.every(({ state }) => state === "passed")) return;
    if (REWRITE) write(contract, measured);
    else expect(Object.keys(read()[contract] ?? {}), HINT).to.have.members(Object.keys(measured));
  });

  return {
    expect(what, exact) {
      if (!IS_DEPLOYED_CODE) return;
      const value = Math.round(exact);
      measured[what] = value;
      if (REWRITE) return;
      const kept = read()[contract]?.[what];
      if (kept === undefined) expect.fail(`gas.snapshot.json has no "${what}". ${HINT}`);
      expect(value, `${what}. ${HINT}`).to.be.closeTo(kept, Math.ceil(kept * DRIFT_MAX));
    },
  };
}

function read(): Snapshot {
  return JSON.parse(readFileSync(FILE, "utf8")) as Snapshot;
}

function write(contract: string, figures: Record<string, number>): void {
  const snapshot = { ...read(), [contract]: figures };
  const sorted = Object.fromEntries(Object.entries(snapshot).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FILE, `${JSON.stringify(sorted, null, 2)}\n`);
}
