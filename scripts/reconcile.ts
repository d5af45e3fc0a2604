// Holds payments, ledger, claims, mints and the mirror of the chain against each other, and explains each difference.
import { parseArgs } from "node:util";
import {
  type Difference,
  type Findings,
  findDifferences,
} from "#server/pay/reconcile/find-differences.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { findDatabase } from "./mirror-source.ts";
import { createProgress, type Progress, progressMode } from "./progress.ts";
import { sentenceOf } from "./stop.ts";
import { homeFrom, UsageError } from "./up-options.ts";

const USAGE = `Usage: ./stagedoor reconcile [options]

Compares what was captured and given back, the ledger, the claims of seats, the outbox of mints and
the mirror of the chain, all at one moment of the database. Prints one line per difference, with
what it means; what is under way is named as such.

  --home DIR  the instance's folder (STAGEDOOR_HOME, else .stagedoor in this checkout); with no
              instance running there, DATABASE_URL and DEPLOYMENTS of the environment or .env
  --json      one JSON object per line
  --help      this text

Exit code 1 when something is unexplained. ./stagedoor verify-mirror holds the mirror against the
chain.
`;

interface Options {
  help: boolean;
  json: boolean;
  home: string;
}

function parseOptions(args: string[]): Options {
  const flag = { type: "boolean", default: false } as const;
  try {
    const options = {
      help: { ...flag, short: "h" },
      json: flag,
      home: { type: "string" },
    } as const;
    const { help, json, home } = parseArgs({ args, options }).values;
    return { help, json, home: homeFrom(home) };
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

async function reconcile(options: Options, progress: Progress): Promise<number> {
  const url = findDatabase(options.home);
  const log = createLog({ name: "reconcile", level: "fatal" });
  const open = { url, log, connectionsMax: 2 };
  const db = await openDb({ ...open, role: "stagedoor_server" });
  try {
    const findings = await progress.step("Compare the books", () => findDifferences(db));
    return tell(progress, findings);
  } finally {
    await db.close();
  }
}

function tell(progress: Progress, { differences, more, tickets }: Findings): number {
  for (const difference of differences) {
    progress.result({ type: "difference", ...difference }, [lineOf(difference)]);
  }
  const unexplained = differences.filter(({ explained }) => !explained).length;
  const counts = { tickets, unexplained, explained: differences.length - unexplained, more };
  const rest = more === 0 ? "" : ` ${more} more are not listed.`;
  const words = `${tickets} tickets: ${counts.unexplained} unexplained, ${counts.explained} under way.`;
  progress.result({ type: "verdict", ...counts }, [`${words}${rest}`]);
  return unexplained === 0 ? 0 : 1;
}

function lineOf({ rule, subject, detail, means, explained }: Difference): string {
  return `${explained ? "under way" : "UNEXPLAINED"}  ${rule}  ${subject}: ${detail} (${means})`;
}

async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    return await reconcile(options, createProgress(progressMode(options.json)));
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
