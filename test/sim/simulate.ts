// Runs the mint pipeline over simulated rows and a simulated chain, from seeds: many of them, or one with its story.
import { parseArgs } from "node:util";
import { createProgress, type Progress, progressMode, seconds } from "#scripts/progress.ts";
import { sentenceOf } from "#scripts/stop.ts";
import { UsageError } from "#scripts/up-options.ts";
import { type Ended, runSeed } from "./run-seed.ts";
import { replayOf, runSeeds } from "./run-seeds.ts";

const USAGE = `Usage: ./stagedoor simulate [options]

Runs the product's own minting, sending and recovering with several workers and keys over rows and
a chain in memory, while calls fail, answers get lost, processes die between any two steps and
blocks are taken back; then all goes well, and every paid line must be a ticket or ask for a person.
What a seed does, it does every time.

  --seeds N  so many seeds (1000)
  --from N   the first of them (1)
  --seed N   one seed, with everything that happens in it
  --json     one JSON object per line
  --help     this text

Exit codes: 0 when every seed ended well, 1 when one did not, 2 for wrong options.
`;

const SEEDS_DEFAULT = 1_000;
const SEEDS_MAX = 10_000_000;

interface Options {
  help: boolean;
  json: boolean;
  seeds: number;
  from: number;
  seed: number | undefined;
}

function parseOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        ...{ help: { type: "boolean" }, json: { type: "boolean" } },
        ...{ seeds: { type: "string" }, from: { type: "string" }, seed: { type: "string" } },
      },
    });
    return {
      help: values.help === true,
      json: values.json === true,
      seeds: numberOf("seeds", values.seeds) ?? SEEDS_DEFAULT,
      from: numberOf("from", values.from) ?? 1,
      seed: numberOf("seed", values.seed),
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message);
  }
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= SEEDS_MAX) return number;
  throw new UsageError(`--${name} must be a number from 1 to ${SEEDS_MAX}, not ${text}`);
}

async function replay(seed: number, progress: Progress): Promise<number> {
  const ended = await runSeed(seed, { keepNotes: true });
  for (const note of ended.notes) progress.result({ type: "happened", note }, [note]);
  const { violations, trace, simulatedMs } = ended;
  progress.result({ type: "seed", seed, violations, trace, simulatedMs }, [
    `Seed ${seed}: ${seconds(simulatedMs)} simulated, trace ${trace.slice(0, 16)}`,
    ...(violations.length === 0 ? ["Nothing is wrong."] : violations),
  ]);
  return violations.length === 0 ? 0 : 1;
}

async function runMany({ from, seeds }: Options, progress: Progress): Promise<number> {
  const onEnd = (ended: Ended) => {
    if (ended.violations.length > 0) progress.note(replayOf(ended));
  };
  const all = await progress.step(`Run ${seeds} seeds`, () =>
    runSeeds({ from, count: seeds }, onEnd),
  );
  const happened = Object.fromEntries([...all.tallies].sort());
  const failed = all.failed.map(({ seed, violations }) => ({ seed, violations }));
  progress.result({ type: "simulation", seeds, from, lines: all.lines, failed, happened }, [
    ...Object.entries(happened).map(([kind, times]) => `${String(times).padStart(8)}  ${kind}`),
    `${seeds} seeds, ${all.lines} paid tickets: ${failed.length} failed`,
    ...all.failed.map(replayOf),
  ]);
  return failed.length === 0 ? 0 : 1;
}

async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const progress = createProgress(progressMode(options.json));
    if (options.seed !== undefined) return await replay(options.seed, progress);
    return await runMany(options, progress);
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exit(await main(process.argv.slice(2)));
