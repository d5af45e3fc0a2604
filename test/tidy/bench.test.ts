// Holds ./stagedoor bench to its interface, and its kept tables to what the contracts cost now.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { driftOf, jsonLine } from "#scripts/bench-result.ts";
import { repositoryRoot } from "#scripts/services/packages.ts";

const COMMAND = join(repositoryRoot, "scripts/bench.ts");

describe("bench", () => {
  it("lists the benches when none is named", async () => {
    const { code, stdout } = await runBench();
    expect(code).to.equal(0);
    expect(stdout).to.include("Usage: ./stagedoor bench <name>");
    expect(stdout).to.match(/^ {2}gas {2,}Gas of .+\.$/m);
  });

  it("refuses a bench that does not exist and names those that do", async () => {
    const { code, stderr } = await runBench("lottery");
    expect(code).to.equal(2);
    expect(stderr).to.equal(
      "There is no bench lottery; there are: gas, gas-amsterdam, gas-ir, holds, indexer, lookups, mint, orders.\n",
    );
  });

  it("refuses to keep and to compare a table at once", async () => {
    expect((await runBench("gas", "--write", "--check")).code).to.equal(2);
  });

  it("prints a metric as one line with its ratio to the baseline", () => {
    const metric = { metric: "a_vs_b", value: 51, unit: "gas", baseline: 50 };
    expect(jsonLine("gas", metric)).to.equal(
      '{"bench":"gas","metric":"a_vs_b","value":51,"unit":"gas","baseline":50,"ratio":1.02}',
    );
  });
});

describe("bench: drift", () => {
  it("lets numbers move by half a percent", () => {
    expect(driftOf("| a | 10,000 |\n", "| a | 10,050 |\n")).to.deep.equal([]);
    expect(driftOf("| a | 10,000 |", "| a | 10,051 |")).to.deep.equal([
      "- | a | 10,000 |",
      "+ | a | 10,051 |",
    ]);
  });

  it("lets shares move by half a point", () => {
    expect(driftOf("1.02 %", "1.52 %")).to.deep.equal([]);
    expect(driftOf("1.02 %", "1.53 %")).to.have.lengthOf(2);
  });

  it("lets no word and no line change", () => {
    expect(driftOf("| a | 1 |", "| b | 1 |")).to.have.lengthOf(2);
    expect(driftOf("a\nb", "a")).to.deep.equal(["2 lines became 1."]);
    expect(driftOf("| a | 1 |", "| a | – |")).to.have.lengthOf(2);
  });
});

describe("bench: the kept table of gas", () => {
  // The bench and the contract's tests do this work in the same state, so that a table which nobody
  // measured again shows without an installation of the peers.
  const kept: Record<string, string> = {
    "mint, 100 fresh wallets": "mint, 100 fresh, per ticket",
    "mint, queue mix": "mint, queue mix, per ticket",
    "check-in, 1": "check-in, one",
    "check-in, 100": "check-in, 100 at once, per ticket",
    bytes: "bytecode, bytes",
  };

  it("is of the contracts as they are", () => {
    const now = JSON.parse(read("test/contracts/gas.snapshot.json")).Tickets;
    const table = productOf(read("bench/gas/results.md"));
    const then = Object.keys(kept).map((column) => `${column}: ${table[column]}`);
    const wanted = Object.entries(kept).map(([column, what]) => `${column}: ${now[what]}`);
    const drift = driftOf(then.join("\n"), wanted.join("\n"));
    expect(drift, "Measure it again: ./stagedoor bench gas --write").to.deep.equal([]);
  });
});

/** Our own row, by column. */
function productOf(markdown: string): Record<string, string> {
  const rows = markdown.split("\n").filter((line) => line.startsWith("|"));
  const cells = (row = "") => row.split("|").map((cell) => cell.trim());
  const ours = cells(rows.find((row) => row.startsWith("| Stagedoor |")));
  return Object.fromEntries(cells(rows[0]).map((title, index) => [title, ours[index] ?? ""]));
}

function read(path: string): string {
  return readFileSync(join(repositoryRoot, path), "utf8");
}

function runBench(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}
