// Runs one suite of tests and answers what became of each test, whatever happens to the process.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { VARIABLES } from "#server/platform/env-variables.ts";
import { check } from "./check.ts";
import type { Progress } from "./progress.ts";
import { repositoryRoot } from "./services/packages.ts";
import type { Services } from "./services/start-services.ts";
import { runProgram } from "./test-child.ts";
import { startInstance } from "./test-instance.ts";
import { endProcessesOf, waitForEnd } from "./test-leftovers.ts";
import { failure, readRecords, type TestRecord } from "./test-records.ts";
import { filesOf, type Suite } from "./test-suites.ts";

export type RunOptions = {
  /** For all files of the suite; every process that it starts is known by it. */
  folder: string;
  grep: string | undefined;
  services: Services | undefined;
  progress: Progress;
  signal: AbortSignal;
};

const SCRIPTS = { contracts: "test-contracts.ts", mutants: "mutate.ts" } as const;
const TAIL_LINES = 40;
/** A process that was told to end may need this long for it. */
const LEFTOVER_WAIT_MS = 3_000;

export async function runSuite(suite: Suite, options: RunOptions): Promise<TestRecord[]> {
  if (suite.kind === "check") return await check(options);
  const files = filesOf(suite);
  if (files.length === 0) {
    if (suite.mayBeEmpty === true) return [];
    const where = suite.files.replace(/\/\*.*$/, "");
    return [failure("there are tests", `There are no test files for it in ${where}.`)];
  }
  mkdirSync(options.folder, { recursive: true });
  const thorough = suite.long === true ? { TEST_THOROUGH: "yes" } : {};
  const env = { ...environment(options), ...thorough };
  const records =
    suite.needs === "instance"
      ? await runAgainstInstance(suite, files, env, options)
      : await runFiles(suite, files, env, options);
  return [...records, ...(await endLeftovers(options.folder))];
}

/**
 * What configures this machine's own instance must not reach the tests, and nothing else is lost.
 */
function environment({ folder, services }: RunOptions): NodeJS.ProcessEnv {
  const unset = [...VARIABLES.map(({ name }) => name), "STAGEDOOR_HOME", "NODE_OPTIONS"];
  const inherited = Object.entries(process.env).filter(([name]) => !unset.includes(name as never));
  return {
    ...Object.fromEntries(inherited),
    TMPDIR: folder,
    ...(services && {
      TEST_DATABASE_URL: services.databaseUrl,
      TEST_REDIS_URL: services.redisUrl,
      TEST_RPC_URL: services.rpcUrl,
      TEST_BLOCK_LOCK: services.blockLock,
    }),
  };
}

async function runAgainstInstance(
  suite: Suite,
  files: string[],
  env: NodeJS.ProcessEnv,
  options: RunOptions,
): Promise<TestRecord[]> {
  const { folder, signal } = options;
  // Set but empty: then a .env of this checkout does not configure the instance either.
  const unset = Object.fromEntries(VARIABLES.map(({ name }) => [name, ""]));
  const instance = await startInstance({ folder, env: { ...env, ...unset }, signal });
  let records: TestRecord[] = [];
  try {
    const addresses = { STAGEDOOR_URL: instance.url, STAGEDOOR_RPC_URL: instance.rpcUrl };
    records = await runFiles(suite, files, { ...env, ...addresses }, options);
  } finally {
    const complaint = await instance.stop();
    if (complaint !== undefined) {
      records.push(failure("the instance stops in order", complaint));
    }
  }
  return records;
}

async function runFiles(
  suite: Suite,
  files: string[],
  env: NodeJS.ProcessEnv,
  { folder, grep, signal }: RunOptions,
): Promise<TestRecord[]> {
  const records = join(folder, "records.jsonl");
  const { kind, profile } = suite;
  const script = kind === "mocha" || kind === "check" ? "test-mocha.ts" : SCRIPTS[kind];
  const end = await runProgram({
    command: process.execPath,
    args: [
      "--disable-warning=ExperimentalWarning",
      join(repositoryRoot, "scripts", script),
      ...["--records", records],
      ...(grep === undefined ? [] : ["--grep", grep]),
      ...(profile === undefined ? [] : ["--profile", profile]),
      ...(kind === "mocha" ? ["--test-limit-ms", String(suite.testLimitMs), ...files] : []),
    ],
    limitMs: suite.limitMs,
    env,
    signal,
  });
  const { records: found, ended } = readRecords(records);
  const complaint = end.complaint ?? (ended ? undefined : "ended without a summary");
  if (complaint !== undefined) {
    const tail = end.output.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
    const last = found.at(-1)?.title ?? "none";
    found.push(
      failure("the suite runs to its end", `It ${complaint}. Last test: ${last}.\n${tail}`),
    );
  } else if (found.length === 0 && grep === undefined) {
    found.push(failure("there are tests", "Its files hold no test."));
  }
  return found;
}

async function endLeftovers(folder: string): Promise<TestRecord[]> {
  const left = await waitForEnd(folder, LEFTOVER_WAIT_MS);
  if (left.length === 0) return [];
  await endProcessesOf(folder);
  const list = left.map(({ pid, command }) => `${pid} ${command}`).join("\n");
  return [failure("leaves no process behind", `Still running, and killed now:\n${list}`)];
}
