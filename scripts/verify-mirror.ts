// Compares the mirror with what the contracts answer, all rows or a sample of each table.
import { parseArgs } from "node:util";
import { type Verdict, verifyMirror } from "#indexer/verify.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { findMirror } from "./mirror-source.ts";
import { createProgress, type Progress, progressMode } from "./progress.ts";
import { Stop, sentenceOf } from "./stop.ts";
import { homeFrom, UsageError } from "./up-options.ts";

const USAGE = `Usage: ./stagedoor verify-mirror [options]

Asks the contracts for every row of the mirror, at the mirror's own block, and lists what differs.

  --sample N  so many rows of each table, chosen at random (else all)
  --home DIR  the instance's folder (STAGEDOOR_HOME, else .stagedoor in this checkout); with no
              instance running there, DATABASE_URL and DEPLOYMENTS of the environment or .env
  --json      one JSON object per line
  --help      this text

Exit code 1 when anything differs; ./stagedoor reindex then mends it.
`;

const CONNECTIONS_MAX = 2;

interface Options {
  help: boolean;
  json: boolean;
  home: string;
  sample: number | undefined;
}

function parseOptions(args: string[]): Options {
  const flag = { type: "boolean", default: false } as const;
  const text = { type: "string" } as const;
  let values: { help: boolean; json: boolean; home?: string; sample?: string };
  try {
    const options = { help: { ...flag, short: "h" }, json: flag, home: text, sample: text };
    values = parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
  const { help, json, home, sample } = values;
  if (sample !== undefined && !/^[1-9]\d{0,8}$/.test(sample)) {
    throw new UsageError(`--sample needs a number of rows, not ${JSON.stringify(sample)}.`);
  }
  return { help, json, home: homeFrom(home), sample: sample ? Number(sample) : undefined };
}

async function verify(options: Options, progress: Progress): Promise<number> {
  const { databaseUrl: url, chains } = await findMirror(options.home);
  const log = createLog({ name: "verify-mirror", level: "fatal" });
  const open = { url, log, connectionsMax: CONNECTIONS_MAX };
  const db = await openDb({ ...open, role: "stagedoor_indexer" });
  let differing = 0;
  try {
    for (const chain of chains) {
      const { id } = chain.deployment;
      const { sample } = options;
      const given = { db, chain, ...(sample !== undefined && { sample }) };
      const verdict = await progress.step(`Compare deployment ${id}`, () => verifyMirror(given));
      if (verdict === undefined) {
        throw new Stop(`There is no mirror of deployment ${id} yet.`, "Start the indexer first.");
      }
      differing += verdict.differences.length;
      tell(progress, id, verdict);
    }
  } finally {
    await db.close();
  }
  return differing === 0 ? 0 : 1;
}

function tell(progress: Progress, deployment: number, verdict: Verdict): void {
  const { blockNumber, compared, differences } = verdict;
  const counts = Object.entries(compared).map(([table, rows]) => `${table} ${rows}`);
  const lines = differences.map(
    ({ table, column, mirror, chain, key }) =>
      `${table} ${key}: ${column} is ${String(mirror)}, and ${String(chain)} on chain`,
  );
  const end = lines.length === 0 ? "Nothing differs." : `${lines.length} values differ.`;
  const record = {
    ...{ type: "verdict", deployment, blockNumber: String(blockNumber), compared },
    differences: lines,
  };
  progress.result(record, [
    `Deployment ${deployment} at block ${blockNumber}: ${counts.join(", ")}.`,
    ...lines,
    end,
  ]);
}

async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    return await verify(options, createProgress(progressMode(options.json)));
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
