// Changes every guard of the contracts once, and fails for each change that no test notices.
import { parseArgs } from "node:util";
import { EQUIVALENTS } from "./mutants/equivalents.ts";
import { type Run, tryMutants, type Verdict } from "./mutants/try-mutants.ts";
import { createProgress, progressMode, seconds } from "./progress.ts";
import { repositoryRoot } from "./services/packages.ts";
import { createRecorder, failure } from "./test-records.ts";

const USAGE = `Usage: ./stagedoor mutate [options]

Removes or flips every condition, comparison, guard and modifier of the contracts once, and runs
their tests until one fails. A change that no test notices is a failure, unless it is listed with
its reason in scripts/mutants/equivalents.ts. Results are kept in cache/mutants: a run that is
stopped goes on where it was, and one after a change begins with the tests that noticed last time.

  --grep TEXT  only changes whose name holds the text, such as a contract's or a function's name;
               may be given more than once
  --json       one JSON object per line
  --help       this text
`;

type Options = { help: boolean; json: boolean; grep?: string[]; records?: string };

const NOTE_EVERY = 50;

async function main(args: string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  // A test that a mutant breaks in the middle can leave promises that nobody awaits any more.
  process.on("unhandledRejection", () => undefined);
  const progress = createProgress(progressMode(options.json));
  const run = await tryMutants({
    root: repositoryRoot,
    ...(options.grep === undefined ? {} : { grep: options.grep }),
    onVerdict(verdict, done, all) {
      const { mutant, outcome } = verdict;
      if (outcome === "survived") progress.note(`survived: ${placeOf(verdict)} ${mutant.name}`);
      if (done % NOTE_EVERY === 0) progress.note(`${done} of ${all}`);
    },
  });
  const failures = failuresOf(run);
  const tally = { mutants: run.verdicts.length, noticed: count(run, "noticed") };
  const rest = { equivalent: count(run, "equivalent"), survived: count(run, "survived") };
  progress.result({ type: "mutants", ...tally, ...rest, failures, excluded: run.excluded }, [
    ...run.excluded.map((title) => `Not used, since it measures gas: ${title}`),
    ...failures,
    `Done in ${seconds(progress.elapsedMs())}.`,
    `${tally.mutants} mutants: ${tally.noticed} noticed, ${rest.equivalent} equivalent, ` +
      `${rest.survived} survived`,
  ]);
  if (options.records !== undefined) record(options.records, run, failures);
  return failures.length === 0 ? 0 : 1;
}

function failuresOf({ verdicts, unknown }: Run): string[] {
  const wrong = verdicts.filter(({ outcome }) => outcome === "wrongly listed");
  const survivors = verdicts.filter(({ outcome }) => outcome === "survived");
  return [
    ...survivors.map((one) => `No test notices it: ${placeOf(one)} ${one.mutant.name}`),
    ...wrong.map((one) => `Listed as equivalent, but "${one.noticedBy}" fails: ${one.mutant.name}`),
    ...unknown.map((name) => `Listed as equivalent, but there is no such change: ${name}`),
  ];
}

function placeOf({ mutant: { path, line } }: Verdict): string {
  return `${path}:${line}`;
}

function count({ verdicts }: Run, outcome: Verdict["outcome"]): number {
  return verdicts.filter((verdict) => verdict.outcome === outcome).length;
}

function record(path: string, run: Run, failures: readonly string[]): void {
  const recorder = createRecorder(path);
  const title = `a test notices each of ${run.verdicts.length} changes but ${
    Object.keys(EQUIVALENTS).length
  }`;
  for (const text of failures) recorder.add(failure(text, text));
  if (failures.length === 0) recorder.add({ title, outcome: "passed", ms: 0 });
  recorder.end();
}

function parseOptions(args: string[]): Options {
  const flag = { type: "boolean", default: false } as const;
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      help: { ...flag, short: "h" },
      json: flag,
      grep: { ...text, multiple: true },
      records: text,
    },
  });
  return values;
}

if (import.meta.main) {
  // The simulated chains keep their threads.
  process.exit(await main(process.argv.slice(2)));
}
