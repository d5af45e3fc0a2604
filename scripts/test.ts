// Runs every suite of tests against services of its own, and ends with one line that counts them all.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createProgress, type Progress, progressMode, seconds } from "./progress.ts";
import { type Services, startServices } from "./services/start-services.ts";
import { sentenceOf } from "./stop.ts";
import { endProcessesOf, type Leftover, waitForEnd } from "./test-leftovers.ts";
import { memoryFolder } from "./test-memory.ts";
import { closingLine, failure, type TestRecord, tallyOf } from "./test-records.ts";
import { runSuite } from "./test-run.ts";
import { chooseSuites, filesOf, LANES, SUITE_NAMES, type Suite } from "./test-suites.ts";
import { UsageError } from "./up-options.ts";

const USAGE = `Usage: ./stagedoor test [options]

Runs every test against Postgres, Redis and a chain that it starts itself on free ports.
With CI set, a skipped test counts as a failure.

  --only SUITE  only this suite; may be given more than once
                (${SUITE_NAMES.join(", ")})
  --grep TEXT   only tests whose title holds the text
  --long        the long profiles as well
  --json        one JSON object per line
  --help        this text
`;

type Options = { help: boolean; json: boolean; long: boolean; only: string[]; grep?: string };
type Result = { suite: string; records: TestRecord[]; ms: number };

/** Between blocks while there is something to mine: tests wait for it again and again. */
const BLOCK_TIME_MS = 100;
/** The services are told to stop and waited for; this is for the last of what they started. */
const LEFTOVER_WAIT_MS = 1_000;
const EXIT_INTERRUPTED = 130;

async function runAll(
  options: Options,
  progress: Progress,
  signal: AbortSignal,
): Promise<Result[]> {
  const folder = openFolder(tmpdir());
  // Hundreds of databases are made and dropped, each a thousand files, which a disk is slow at.
  const kept = openFolder(memoryFolder() ?? folder);
  const lanes = lanesOf(chooseSuites(options)).map((suites, index) => ({
    ...{ suites, services: sharedServices(join(kept, `services-${index}`), progress, signal) },
  }));
  const results: Result[] = [];
  const runLane = async ({ suites, services }: (typeof lanes)[number]) => {
    for (const suite of suites) {
      if (signal.aborted) break;
      results.push(await runOne(suite, { options, folder, services, progress, signal }));
    }
  };
  try {
    await Promise.all(lanes.map(runLane));
  } finally {
    await Promise.all(lanes.map(({ services }) => services.stop()));
    const left: Leftover[] = [];
    for (const each of [kept, folder]) {
      left.push(...(await waitForEnd(each, LEFTOVER_WAIT_MS)));
      await endProcessesOf(each);
      rmSync(each, { recursive: true, force: true });
    }
    // What an interrupted suite had started is no mistake of the suite.
    if (left.length > 0 && !signal.aborted) results.push(leftBehind(left));
  }
  return results;
}

function openFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, "stagedoor-test-"));
  // The postgres user of a run by root must be able to pass through.
  chmodSync(folder, 0o755);
  return folder;
}

/**
 * Most of a suite's time is waiting: for blocks, for the database, for a browser. So some run next
 * to each other, each lane with services of its own; a long one wants the machine for itself.
 */
function lanesOf(suites: Suite[]): Suite[][] {
  if (suites.some(({ long }) => long === true)) return [suites];
  return LANES.map((wanted) => suites.filter(({ lane }) => lane === wanted));
}

function leftBehind(left: readonly Leftover[]): Result {
  const error = `Still running, and killed now:\n${left.map(({ command }) => command).join("\n")}`;
  const records = [failure("leaves no process behind", error)];
  return { suite: "the whole run", records, ms: 0 };
}

type Shared = ReturnType<typeof sharedServices>;

/** Started by the first suite that needs them. */
function sharedServices(home: string, progress: Progress, signal: AbortSignal) {
  let running: Promise<Services> | undefined;
  return {
    async stop() {
      const services = await running?.catch(() => undefined);
      running = undefined;
      await services?.stop();
    },
    async for({ needs }: Suite): Promise<Services | undefined> {
      if (needs !== "services") return undefined;
      running ??= startServices({
        home,
        want: { postgres: true, redis: true, chain: true },
        blockTimeMs: BLOCK_TIME_MS,
        passing: true,
        progress,
        signal,
      });
      return await running;
    },
  };
}

async function runOne(
  suite: Suite,
  given: {
    options: Options;
    folder: string;
    services: Shared;
    progress: Progress;
    signal: AbortSignal;
  },
): Promise<Result> {
  const { options, progress, signal } = given;
  const startedAt = performance.now();
  const records: TestRecord[] = [];
  try {
    const isEmpty = suite.mayBeEmpty === true && filesOf(suite).length === 0;
    const services = isEmpty ? undefined : await given.services.for(suite);
    const folder = join(given.folder, suite.name);
    await progress.step(suite.name, async () => {
      const { grep } = options;
      records.push(...(await runSuite(suite, { folder, grep, services, progress, signal })));
      if (tallyOf(records).failed > 0) throw new SuiteFailed();
    });
  } catch (error) {
    // A service that does not start or a mistake of ours fails this suite, not the others.
    if (!(error instanceof SuiteFailed)) records.push(failure("it can run", sentenceOf(error)));
  }
  const ms = Math.round(performance.now() - startedAt);
  const tally = tallyOf(records);
  progress.result({ type: "suite", suite: suite.name, ...tally, ms }, [`  ${closingLine(tally)}`]);
  return { suite: suite.name, records, ms };
}

class SuiteFailed extends Error {}

function report(results: readonly Result[], progress: Progress): boolean {
  const all = results.flatMap(({ suite, records }) =>
    records.map((record) => ({ ...record, title: `${suite} › ${record.title}` })),
  );
  for (const { title, outcome, error = "" } of all) {
    if (outcome === "passed") continue;
    progress.result({ type: outcome, title, ...(error && { error }) }, [
      "",
      `${outcome === "failed" ? "✗ failed" : "- skipped"}: ${title}`,
      ...(error === "" ? [] : [indent(error)]),
    ]);
  }
  const tally = tallyOf(all);
  const inCi = (process.env.CI ?? "") !== "";
  const words = inCi && tally.skipped > 0 ? ["In CI a skipped test is a failure."] : [];
  const time = seconds(progress.elapsedMs());
  progress.result({ type: "result", ...tally, ms: Math.round(progress.elapsedMs()) }, [
    "",
    ...words,
    `Done in ${time}.`,
    closingLine(tally),
  ]);
  return tally.failed === 0 && words.length === 0;
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}

function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean", short: "h" },
      json: { type: "boolean" },
      long: { type: "boolean" },
      only: { type: "string", multiple: true },
      grep: { type: "string" },
    },
  });
  const only = (values.only ?? []).flatMap((names) => names.split(","));
  const unknown = only.find((name) => !SUITE_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`There is no suite ${unknown}; there are ${SUITE_NAMES.join(", ")}.`);
  }
  return {
    help: values.help === true,
    json: values.json === true,
    long: values.long === true,
    only,
    ...(values.grep === undefined ? {} : { grep: values.grep }),
  };
}

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
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => stopping.abort());
  }
  const progress = createProgress(progressMode(options.json));
  const results = await runAll(options, progress, stopping.signal);
  const passed = report(results, progress);
  if (stopping.signal.aborted) return EXIT_INTERRUPTED;
  return passed ? 0 : 1;
}

if (import.meta.main) {
  // A closed terminal takes our output with it; what was started still has to be stopped.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  process.exit(await main(process.argv.slice(2)));
}
