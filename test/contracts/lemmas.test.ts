// Proves the lemmas in lemmas/ for all inputs, with the compiler's model checker and a solver.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { expect } from "chai";
import { init } from "z3-solver";
import { repositoryRoot } from "#scripts/services/packages.ts";

type Z3 = Awaited<ReturnType<typeof init>>["Z3"];
type Answer = {
  errors?: { errorCode: string; severity: string; message: string; formattedMessage: string }[];
  auxiliaryInputRequested?: { smtlib2queries: Record<string, string> };
};

/** What the checker must prove at least: a lemma that is not looked at proves nothing. */
const LEMMAS = [
  { file: "SharesLemmas.sol", contract: "SharesLemmas", proofs: 16 },
  { file: "TicketLemmas.sol", contract: "TicketLemmas", proofs: 9 },
];
const PROVED = /check is safe!$/;
/** Codes of what the checker could not prove, or found an example against. */
const UNPROVED = /might happen|happens here/;
const QUERY_LIMIT_MS = 60_000;
const ROUNDS_MAX = 6;
const ATTEMPTS_MAX = 3;
const SUITE_LIMIT_MS = 240_000;

describe("Lemmas", function () {
  this.timeout(SUITE_LIMIT_MS);
  let z3: Z3;
  let end: () => void;

  before(async () => {
    const { Z3, em } = await init();
    z3 = Z3;
    end = () => em.PThread.terminateAllThreads();
  });

  after(() => end());

  for (const { file, contract, proofs } of LEMMAS) {
    it(`${contract}: all ${proofs} are proved`, async () => {
      const messages = await check(z3, file, contract);
      expect(messages.filter((message) => UNPROVED.test(message))).to.deep.equal([]);
      expect(messages.filter((message) => PROVED.test(message))).to.have.length(proofs);
    });
  }

  it("finds an example against a lemma that does not hold", async () => {
    const wrong = (text: string) => text.replace("royalty + fee + rest == price", "fee == rest");
    const messages = await check(z3, "SharesLemmas.sol", "SharesLemmas", wrong);
    expect(messages.filter((message) => UNPROVED.test(message))).to.have.length(1);
  });
});

/** Answers the checker's questions until it has no more, and tells what it says then. */
async function check(
  z3: Z3,
  file: string,
  contract: string,
  change = (text: string) => text,
): Promise<string[]> {
  const path = relative(repositoryRoot, join(import.meta.dirname, "lemmas", file));
  const content = change(readFileSync(join(repositoryRoot, path), "utf8"));
  const responses: Record<string, string> = {};
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { errors = [], auxiliaryInputRequested } = compile(path, content, contract, responses);
    const asked = Object.entries(auxiliaryInputRequested?.smtlib2queries ?? {});
    if (asked.length === 0) return errors.map(({ message }) => message.split("\n")[0] ?? "");
    for (const [hash, query] of asked) responses[hash] = await solve(z3, query);
  }
  throw new Error(`The checker of ${contract} still asks after ${ROUNDS_MAX} rounds.`);
}

function compile(
  path: string,
  content: string,
  contract: string,
  smtlib2responses: Record<string, string>,
): Answer {
  const solc = createRequire(import.meta.url)("solc") as {
    compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
  };
  const modelChecker = {
    // The other engine finds invariants of loops; here are none, and divisions are beyond it.
    engine: "bmc",
    contracts: { [path]: [contract] },
    targets: ["assert", "overflow", "underflow"],
    showProvedSafe: true,
    showUnproved: true,
    solvers: ["smtlib2"],
    timeout: 0,
  };
  const settings = { evmVersion: "osaka", outputSelection: { "*": { "*": [] } }, modelChecker };
  const auxiliaryInput = { smtlib2responses };
  const sources = { [path]: { content } };
  const input = { language: "Solidity", sources, settings, auxiliaryInput };
  const read = (from: string) => readFileSync(join(repositoryRoot, from), "utf8");
  const text = solc.compile(JSON.stringify(input), {
    import: (from) => ({ contents: read(from) }),
  });
  return JSON.parse(text) as Answer;
}

/**
 * Bits are turned into numbers, with the equations inlined before; the answer stays the same. The
 * library gives the text to a thread, which sometimes finds it gone and complains of its syntax.
 */
async function solve(z3: Z3, query: string): Promise<string> {
  const asked = query
    .replace(":timeout 0", `:timeout ${QUERY_LIMIT_MS}`)
    .replace("(check-sat)", "(check-sat-using (then simplify propagate-values solve-eqs smt))");
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const answer = await evaluate(z3, `(set-option :smt.bv.solver 2)\n${asked}`);
    if (/^(sat|unsat)\b/.test(answer)) return answer;
    if (/^(unknown|timeout)\b/.test(answer)) break;
  }
  return "unknown\n";
}

async function evaluate(z3: Z3, text: string): Promise<string> {
  const config = z3.mk_config();
  const context = z3.mk_context(config);
  z3.del_config(config);
  try {
    return await z3.eval_smtlib2_string(context, text);
  } finally {
    z3.del_context(context);
  }
}
