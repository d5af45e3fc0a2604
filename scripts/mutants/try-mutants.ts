// Turns every mutant of the contracts on in turn, and finds the test that notices it.
import { EQUIVALENTS } from "./equivalents.ts";
import { findMutants, type Mutant } from "./find-mutants.ts";
import { keptResults } from "./kept-results.ts";
import { withSwitches } from "./schemata.ts";
import { readSources } from "./syntax-tree.ts";
import { openTestBed, type TestBed } from "./test-bed.ts";

export type Verdict = {
  mutant: Mutant;
  outcome: "noticed" | "equivalent" | "survived" | "wrongly listed";
  noticedBy: string | null;
};

export type Run = {
  verdicts: Verdict[];
  /** Listed as equivalent, but there is no such mutant any more. */
  unknown: string[];
  /** These fail before anything is changed, mostly because they measure gas. */
  excluded: string[];
};

type Options = {
  root: string;
  /** Only mutants whose name holds one of these. */
  grep?: readonly string[];
  onVerdict(verdict: Verdict, done: number, all: number): void;
};

const IN_SOLIDITY = "a Solidity test";
/** So many tests are tried before all others. */
const LIKELY_MAX = 12;

export async function tryMutants({ root, grep = [""], onVerdict }: Options): Promise<Run> {
  const sources = readSources(root);
  const mutants = findMutants(sources);
  const numbered = mutants.map((mutant, index) => ({ mutant, number: index + 1 }));
  const switched = sources.map((source) => {
    const own = numbered.filter(({ mutant }) => mutant.path === source.path);
    return [source.path, withSwitches(source, own)] as const;
  });
  const bed = await openTestBed(root, new Map(switched));
  const { failing, reaching } = await bed.survey();
  const kept = keptResults(root);
  const chosen = numbered.filter(({ mutant: { name } }) =>
    grep.some((text) => name.includes(text)),
  );
  const left: typeof chosen = [];
  const verdicts: Verdict[] = [];
  const decide = (mutant: Mutant, noticedBy: string | null) => {
    verdicts.push(verdictOn(mutant, noticedBy));
    onVerdict(verdicts.at(-1) as Verdict, verdicts.length, chosen.length);
  };
  for (const { mutant, number } of chosen) {
    const noticedBy =
      kept.of(mutant.name)?.noticedBy ??
      (await findTest(bed, {
        number,
        // a branch in assembly cannot say that it was reached
        reaching: (reaching.get(number) ?? bed.titles).filter((title) => !failing.has(title)),
        likely: [kept.hintOf(mutant.name) ?? [], noticedLast(verdicts, mutant)].flat(),
      }));
    if (noticedBy !== null) kept.keep(mutant.name, noticedBy);
    if (noticedBy !== null || mutant.name in EQUIVALENTS) decide(mutant, noticedBy);
    else left.push({ mutant, number });
  }
  // These tests take a minute for each mutant, and there are few left.
  for (const { mutant, number } of left) {
    const isNoticed = await bed.isNoticedInSolidity(number);
    if (isNoticed) kept.keep(mutant.name, IN_SOLIDITY);
    decide(mutant, isNoticed ? IN_SOLIDITY : null);
  }
  const after = await bed.survey();
  const failedSince = [...after.failing].filter((title) => !failing.has(title));
  if (failedSince.length > 0) {
    throw new Error(`These tests fail without any change by now: ${failedSince.join(", ")}.`);
  }
  const names = new Set(mutants.map(({ name }) => name));
  const unknown = Object.keys(EQUIVALENTS).filter((name) => !names.has(name));
  return { verdicts, unknown, excluded: [...failing] };
}

/** The tests that noticed other mutants of the same file, the last first. */
function noticedLast(verdicts: readonly Verdict[], { path }: Mutant): string[] {
  const same = verdicts.filter(({ mutant }) => mutant.path === path);
  return same.flatMap(({ noticedBy }) => noticedBy ?? []).reverse();
}

function verdictOn(mutant: Mutant, noticedBy: string | null): Verdict {
  const isListed = mutant.name in EQUIVALENTS;
  if (noticedBy !== null) {
    return { mutant, noticedBy, outcome: isListed ? "wrongly listed" : "noticed" };
  }
  return { mutant, noticedBy, outcome: isListed ? "equivalent" : "survived" };
}

type Search = {
  number: number;
  /** The tests that come past the mutant. */
  reaching: readonly string[];
  /** Of those, the ones that noticed this or a neighbouring mutant before; the first are best. */
  likely: readonly string[];
};

async function findTest(bed: TestBed, search: Search): Promise<string | null> {
  const likely = [...new Set(search.likely)].filter((title) => search.reaching.includes(title));
  const [first, ...others] = likely;
  const rounds = [
    first === undefined ? [] : [first],
    others.slice(0, LIKELY_MAX),
    search.reaching.filter((title) => !likely.slice(0, LIKELY_MAX + 1).includes(title)),
  ];
  for (const titles of rounds) {
    if (titles.length === 0) continue;
    const { failedTest } = await bed.run(search.number, titles);
    if (failedTest !== undefined) return failedTest;
  }
  return null;
}
