// Proves for all arguments, on the compiled code, that the assertions about packing never fail.
import { expect } from "chai";
import type { FunctionFragment } from "ethers";
import { artifacts } from "hardhat";
import { init } from "z3-solver";
import { type End, endsOf } from "./symbolic-run.ts";
import { Conversation, type Solver } from "./symbolic-solver.ts";
import { OPERATIONS, type OperationName, textOf, type Word, Words } from "./symbolic-words.ts";
import { ethers } from "./tickets-fixture.ts";

const FUZZED = "test/contracts/Packing.t.sol:PackingTest";
const STATED = "test/contracts/lemmas/PackingLemmas.sol:PackingLemmas";
const WRONG = "test/contracts/lemmas/WrongLemmas.sol:WrongLemmas";

/** A class is tried in each of its few values: the solver need not divide by 48. */
const CLASSES = [0n, 1n, 2n, 3n, 4n];
type Lemma = {
  contract: string;
  method: string;
  classes?: readonly bigint[];
  readsTime?: true;
};

const LEMMAS: readonly Lemma[] = [
  { contract: FUZZED, method: "testFuzz_ticketId_isABijection" },
  { contract: FUZZED, method: "testFuzz_ticketId_keepsItsParts" },
  { contract: FUZZED, method: "testFuzz_ticketId_previousIssueIsTheSameSeat" },
  { contract: FUZZED, method: "testFuzz_ticketWord_decodesEveryField" },
  { contract: FUZZED, method: "testFuzz_ticketWord_moveTouchesOwnerNonceAndApprovalOnly" },
  { contract: FUZZED, method: "testFuzz_ticketWord_countersStayAtTheirLargest" },
  { contract: FUZZED, method: "testFuzz_ticketWord_flagsAreIndependent" },
  { contract: FUZZED, method: "testFuzz_freshTicket_keepsAgeWithinItsField" },
  { contract: FUZZED, method: "testFuzz_eventHead_changesOnlyWhatIsSet" },
  { contract: STATED, method: "mintCountsItsClassAlone", classes: CLASSES },
  { contract: STATED, method: "releaseMovesUnitsToThePublic", classes: CLASSES.slice(1) },
  { contract: STATED, method: "recordIsReadAsPacked" },
  { contract: STATED, method: "whatLocksTheHolderLocksAll", readsTime: true },
];
const CALLS_EACH = 24;
const SUITE_LIMIT_MS = 240_000;

describe("Packing lemmas", function () {
  this.timeout(SUITE_LIMIT_MS);
  let solver: Solver;

  before(async () => {
    solver = await init();
  });

  after(() => solver.em.PThread.terminateAllThreads());

  for (const { contract, method, classes = [undefined] } of LEMMAS) {
    it(`${method} holds for all arguments`, async () => {
      for (const chosen of classes) {
        const { ends } = await explore(solver, await codeOf(contract, method), chosen);
        const kinds = new Set(ends.map(({ kind }) => kind));
        expect(kinds.has("failed")).to.equal(false);
        expect(kinds.has("passed")).to.equal(true);
      }
    });
  }

  for (const method of [
    "everyMoveRaisesTheNonce",
    "everyGiftIsCounted",
    "stockIsNeverOverdrawn",
    "everyIssueHasOneBefore",
  ]) {
    it(`${method} is found to be wrong, by an example that fails on a chain`, async () => {
      const code = await codeOf(WRONG, method);
      const { ends, example } = await explore(solver, code);
      const failed = ends.find(({ kind }) => kind === "failed");
      const found = await example(failed);
      const deployed = await ethers.deployContract("WrongLemmas");
      const given = code.method.inputs.map((_, at) => found.get(`a${at}`) ?? 0n);
      expect(await onChain(String(deployed.target), code, given)).to.equal("failed");
    });
  }

  describe("what they rest on", () => {
    for (const name of Object.keys(OPERATIONS) as OperationName[]) {
      it(`${name} is to the solver what it is to the chain`, async () => {
        const conversation = new Conversation(solver);
        const { fold, term } = OPERATIONS[name];
        const same = edges().flatMap((a) =>
          edges().map((b) => {
            const folded = textOf(BigInt.asUintN(256, fold(a, b)));
            return `(= ${term(textOf(a), textOf(b))} ${folded})`;
          }),
        );
        conversation.tell(`(declare-const same Bool)(assert (= same (and ${same.join(" ")})))`);
        expect(await conversation.isPossible([{ condition: "same", isMet: true }])).to.equal(true);
        expect(await conversation.isPossible([{ condition: "same", isMet: false }])).to.equal(
          false,
        );
        conversation.end();
      });
    }

    it("ends as a chain does, whatever the arguments", async () => {
      const others: Lemma[] = [
        { contract: WRONG, method: "stockIsNeverOverdrawn" },
        { contract: WRONG, method: "everyClassIsKnown" },
      ];
      const seen = new Map<string, number>();
      const timeless = [...LEMMAS, ...others].filter(({ readsTime }) => readsTime === undefined);
      for (const [at, { contract, method, classes }] of timeless.entries()) {
        const code = await codeOf(contract, method);
        const deployed = await ethers.deployContract(contract.split(":")[1] ?? "");
        for (let call = 0; call < CALLS_EACH; call += 1) {
          const given = code.method.inputs.map((_, index) => someWord(at, call, index));
          if (classes !== undefined) given.splice(-1, 1, BigInt(call % 6));
          const there = await onChain(String(deployed.target), code, given);
          expect(await here(code, given)).to.equal(there, `${method} of ${given}`);
          seen.set(there, (seen.get(there) ?? 0) + 1);
        }
      }
      expect([...seen.keys()].sort()).to.deep.equal(["failed", "malformed", "passed"]);
    });
  });
});

type Code = { code: Uint8Array; method: FunctionFragment; selector: bigint };

async function codeOf(contract: string, name: string): Promise<Code> {
  const { abi, deployedBytecode } = await artifacts.readArtifact(contract);
  const method = new ethers.Interface(abi).getFunction(name);
  if (method === null) throw new Error(`${contract} has no ${name}.`);
  // an argument of more than a word would be explored as if it were one
  if (method.inputs.some(({ type }) => /\[|bytes$|string|tuple/.test(type))) {
    throw new Error(`${name} takes more than words.`);
  }
  return { code: ethers.getBytes(deployedBytecode), method, selector: BigInt(method.selector) };
}

/** All ends that some arguments lead to; the last argument can be one that is known. */
async function explore(solver: Solver, { code, method, selector }: Code, last?: bigint) {
  const conversation = new Conversation(solver);
  const words = new Words((line) => conversation.tell(line));
  const args: Word[] = method.inputs.map((_, at) => words.unknown(`a${at}`));
  if (last !== undefined) args.splice(-1, 1, last);
  const isPossible = conversation.isPossible.bind(conversation);
  const ends = await endsOf({ code, selector, args, words, isPossible });
  return { ends, example: (end?: End) => conversation.example(end?.path ?? []) };
}

/** How a call with known arguments ends here: there is one way to go. */
async function here({ code, selector }: Code, args: readonly bigint[]): Promise<End["kind"]> {
  const unasked = () => {
    throw new Error("With known arguments nothing is open.");
  };
  const [end] = await endsOf({
    code,
    selector,
    args,
    words: new Words(unasked),
    isPossible: unasked,
  });
  if (end === undefined) throw new Error("The call has no end.");
  return end.kind;
}

async function onChain(to: string, { selector }: Code, args: readonly bigint[]) {
  const data = ethers.concat([ethers.toBeHex(selector, 4), ...args.map(hexOf)]);
  try {
    await ethers.provider.call({ to, data });
    return "passed";
  } catch (error) {
    const { data: answer } = error as { data?: string };
    if (answer === undefined) throw error;
    return answer === "0x" ? "malformed" : "failed";
  }
}

function hexOf(word: bigint): string {
  return ethers.toBeHex(word, 32);
}

/** Words at which operations change what they do. */
function edges(): bigint[] {
  const top = 1n << 255n;
  return [0n, 1n, 2n, 48n, 255n, 256n, 257n, top - 1n, top, 2n * top - 1n, noise("edge")];
}

/** Small, large and of any size; the same in every run. */
function someWord(lemma: number, call: number, index: number): bigint {
  const word = noise(`${lemma}/${call}/${index}`);
  const bits = [256n, 24n, 8n, 160n, 40n, 63n][Number(word % 6n)] ?? 256n;
  return call === 0
    ? 0n
    : call === 1
      ? BigInt.asUintN(256, -1n)
      : BigInt.asUintN(Number(bits), word);
}

function noise(seed: string): bigint {
  return BigInt(ethers.id(seed));
}
