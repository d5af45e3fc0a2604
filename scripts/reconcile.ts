// Holds payments, provider, ledger, claims, mints and the mirror against each other, and explains each difference.
import { parseArgs } from "node:util";
import { Fault } from "#server/domain/failure.ts";
import { openPayments } from "#server/pay/open-payments.ts";
import {
  type Difference,
  type Findings,
  findDifferences,
} from "#server/pay/reconcile/find-differences.ts";
import { lookAtProvider, type ProviderLook } from "#server/pay/reconcile/look-at-provider.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import type { Env } from "#server/platform/env.ts";
import { createLog } from "#server/platform/log.ts";
import { findInstallation } from "./mirror-source.ts";
import { createProgress, type Progress, progressMode } from "./progress.ts";
import { sentenceOf } from "./stop.ts";
import { homeFrom, UsageError } from "./up-options.ts";

const USAGE = `Usage: ./stagedoor reconcile [options]

Compares what was captured and given back, the ledger, the claims of seats, the outbox of mints and
the mirror of the chain, all at one moment of the database, and before it asks the payment provider
for its own list of what it took and gave back. Prints one line per difference, with what it means;
what is under way is named as such.

  --days N    of the provider's list only the last N days; else all of it

  --home DIR  the instance's folder (STAGEDOOR_HOME, else .stagedoor in this checkout); with no
              instance running there, DATABASE_URL and DEPLOYMENTS of the environment or .env
  --json      one JSON object per line
  --help      this text

Exit code 1 when something is unexplained, or the provider does not answer. ./stagedoor verify-mirror holds the mirror against the
chain.
`;

interface Options {
  help: boolean;
  json: boolean;
  home: string;
  days: number | undefined;
}

const DAYS_MAX = 36_500;

function parseOptions(args: string[]): Options {
  const flag = { type: "boolean", default: false } as const;
  try {
    const options = {
      help: { ...flag, short: "h" },
      json: flag,
      home: { type: "string" },
      days: { type: "string" },
    } as const;
    const { help, json, home, days } = parseArgs({ args, options }).values;
    return { help, json, home: homeFrom(home), days: daysFrom(days) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function daysFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= 1 && days <= DAYS_MAX) return days;
  throw new UsageError(`--days needs a number from 1 to ${DAYS_MAX}, not ${JSON.stringify(text)}.`);
}

async function reconcile({ home, days }: Options, progress: Progress): Promise<number> {
  const { databaseUrl: url, env } = findInstallation(home);
  const log = createLog({ name: "reconcile", level: "fatal" });
  const open = { url, log, connectionsMax: 2 };
  const db = await openDb({ ...open, role: "stagedoor_server" });
  try {
    const asked = await askProvider({ db, env, days, progress });
    const compare = () => findDifferences(db, asked.look);
    const findings = await progress.step("Compare the books", compare);
    return tell(progress, findings, asked);
  } finally {
    await db.close();
  }
}

interface Asked {
  look: ProviderLook | undefined;
  /** What to say of a list that could not be had. */
  complaint?: string;
}

async function askProvider(given: {
  db: Db;
  env: Env;
  days: number | undefined;
  progress: Progress;
}): Promise<Asked> {
  const { db, env, days, progress } = given;
  const log = createLog({ name: "reconcile", level: "fatal" });
  const { provider } = openPayments({ env, db, log });
  if (provider === undefined) return { look: undefined };
  try {
    const look = () => lookAtProvider({ db, provider }, days);
    return { look: await progress.step(`Ask ${provider.name} for its own list`, look) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { look: undefined, complaint: `${provider.name} was not compared: ${error.message}` };
  }
}

function tell(progress: Progress, findings: Findings, { look, complaint }: Asked): number {
  const { differences, more, tickets } = findings;
  for (const difference of differences) {
    progress.result({ type: "difference", ...difference }, [lineOf(difference)]);
  }
  const unexplained = differences.filter(({ explained }) => !explained).length;
  const listed = look?.money.length ?? null;
  const counts = {
    tickets,
    listed,
    unexplained,
    explained: differences.length - unexplained,
    more,
  };
  const rest = more === 0 ? "" : ` ${more} more are not listed.`;
  const provider =
    look === undefined
      ? "no payment provider was asked"
      : `${listed} payments in the list of ${look.provider}`;
  const words = `${tickets} tickets, ${complaint ?? provider}: ${unexplained} unexplained, ${counts.explained} under way.`;
  progress.result({ type: "verdict", ...counts, complaint: complaint ?? null }, [
    `${words}${rest}`,
  ]);
  return unexplained === 0 && complaint === undefined ? 0 : 1;
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
