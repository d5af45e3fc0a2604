// Checks types, style, generated files and dead code in under a minute, without any service.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { createProgress, type Progress, progressMode, seconds } from "./progress.ts";
import { reasonOf } from "./stop.ts";
import { runProgram } from "./test-child.ts";
import { closingLine, failure, type TestRecord, tallyOf } from "./test-records.ts";

const USAGE = `Usage: ./stagedoor check [options]

Checks types, style, generated files, dead code and the house rules, without any service.

  --json   one JSON object per line
  --help   this text
`;

type Step = { name: string; command: string; args: readonly string[] };

const node = (...args: string[]) => ({
  command: process.execPath,
  args: ["--disable-warning=ExperimentalWarning", ...args],
});
const CONTRACTS = "contracts/**/*.sol";
const CONTRACT_TESTS = "test/contracts/**/*.sol";
const CONTRACT_PEERS = "bench/*/peers/contracts/**/*.sol";

/** The longest first, so that the lanes end at about the same time. */
const STEPS: readonly Step[] = [
  { name: "types", command: "tsc", args: ["--noEmit"] },
  { name: "types of web", command: "tsc", args: ["--noEmit", "-p", "web/tsconfig.json"] },
  { name: "dead code", command: "knip", args: ["--treat-config-hints-as-errors"] },
  {
    name: "contracts: rules",
    command: "solhint",
    args: ["--disc", "--noPoster", "--max-warnings", "0", CONTRACTS],
  },
  {
    name: "contracts: format",
    command: "prettier",
    args: ["--check", CONTRACTS, CONTRACT_TESTS, CONTRACT_PEERS],
  },
  { name: "generated files", ...node("scripts/generate.ts", "--check") },
  { name: "format and rules", command: "biome", args: ["check", "--error-on-warnings"] },
  { name: "tidy", ...node("scripts/tidy.ts") },
  { name: "lock file", ...node("scripts/lock-platforms.ts", "--check") },
];

const STEP_LIMIT_MS = 480_000;
/** Each tool also has threads of its own; more at once would only take turns. */
const LANES_MAX = 3;
const NAME_WIDTH = 24;

/**
 * Runs every step and shows it when it is done; the records have the output of those that failed.
 */
export async function check(options: {
  progress: Progress;
  signal?: AbortSignal;
}): Promise<TestRecord[]> {
  const { progress, signal } = options;
  const waiting = [...STEPS];
  const records: TestRecord[] = [];
  const lane = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      if (signal?.aborted === true) return;
      const record = await runStep(step, signal);
      records.push(record);
      show(progress, record);
    }
  };
  const lanes = Math.min(LANES_MAX, Math.max(2, availableParallelism()));
  await Promise.all(Array.from({ length: lanes }, lane));
  return records;
}

async function runStep(step: Step, signal: AbortSignal | undefined): Promise<TestRecord> {
  const { name: title, command, args } = step;
  const end = await runProgram({ command, args, limitMs: STEP_LIMIT_MS, signal });
  if (end.complaint === undefined) return { title, outcome: "passed", ms: end.ms };
  return failure(title, `${command} ${end.complaint}\n${end.output}`.trim(), end.ms);
}

function show(progress: Progress, { title, outcome, ms }: TestRecord): void {
  const state = outcome === "passed" ? "done" : "failed";
  const line = `  ${title.padEnd(NAME_WIDTH)} ${seconds(ms).padStart(7)}`;
  progress.result({ type: "step", step: title, state, ms }, [
    `${state === "done" ? "✓" : "✗"}${line.slice(1)}`,
  ]);
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { help: { type: "boolean", short: "h" }, json: { type: "boolean" } },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stopping.abort());
  const progress = createProgress(progressMode(values.json === true));
  let records: TestRecord[] = [];
  const failed = await progress
    .step("check", async () => {
      records = await check({ progress, signal: stopping.signal });
      if (stopping.signal.aborted || records.some(({ error }) => error)) throw new ChecksFailed();
    })
    .then(() => false)
    .catch((error: unknown) => {
      if (error instanceof ChecksFailed) return true;
      throw error;
    });
  for (const { title, error } of records) {
    if (error === undefined) continue;
    progress.result({ type: "failure", step: title, error }, ["", `${title}:`, error, ""]);
  }
  const tally = tallyOf(records);
  progress.result({ type: "result", ...tally }, [closingLine(tally)]);
  return failed ? 1 : 0;
}

class ChecksFailed extends Error {}

if (import.meta.main) {
  main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`${reasonOf(error)}. --help lists the options.\n`);
      process.exit(2);
    },
  );
}
