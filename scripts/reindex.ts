// Builds the mirror of the chain again beside the one in use, compares the two, and swaps them.
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import { dumpTable } from "#indexer/dump.ts";
import { TABLES, tablesBeside } from "#indexer/projections.ts";
import { rebuildMirror } from "#indexer/rebuild.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { findMirror } from "./mirror-source.ts";
import { createProgress, type Progress, progressMode } from "./progress.ts";
import { sentenceOf } from "./stop.ts";
import { homeFrom, UsageError } from "./up-options.ts";

const USAGE = `Usage: ./stagedoor reindex [options]

Builds the mirror again from the chain, in tables of its own, while everything goes on. At the end
it holds the indexers still for a moment, compares the two, and puts the new one in place.

  --only TABLE build everything, and put one projection alone in place: this table, and those that
               the same file of indexer/apply has. For a projection that is new, or was wrong
  --dry-run    compare, and leave the mirror as it is; exit code 1 when a table differs
  --dump FILE  write the mirror that is then in place, one line for each row, in a fixed order
  --home DIR   the instance's folder (STAGEDOOR_HOME, else .stagedoor in this checkout); with no
               instance running there, DATABASE_URL and DEPLOYMENTS of the environment or .env
  --json       one JSON object per line
  --help       this text

DATABASE_URL must name a user that may create schemas, as for ./stagedoor migrate.
`;

const CONNECTIONS_MAX = 2;
const NOTE_EVERY_MS = 5_000;

interface Options {
  help: boolean;
  json: boolean;
  home: string;
  dryRun: boolean;
  only: string[] | undefined;
  dump: string | undefined;
}

function parseOptions(args: string[]): Options {
  const flag = { type: "boolean", default: false } as const;
  const text = { type: "string" } as const;
  const options = {
    ...{ help: { ...flag, short: "h" }, json: flag, "dry-run": flag },
    ...{ home: text, dump: text, only: text },
  };
  try {
    const { values } = parseArgs({ args, options });
    const { help, json, dump, home, "dry-run": dryRun } = values;
    const only = values.only === undefined ? undefined : projectionOf(values.only);
    return { help, json, dryRun, dump, only, home: homeFrom(home) };
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function projectionOf(table: string): string[] {
  const found = tablesBeside(table);
  if (found !== undefined) return found;
  const names = TABLES.map(({ name }) => name).join(", ");
  throw new Error(`There is no table ${table}; there are ${names}.`);
}

async function reindex(options: Options, progress: Progress): Promise<number> {
  const { databaseUrl, chains } = await findMirror(options.home);
  const { only } = options;
  const log = createLog({ name: "reindex", level: "fatal" });
  const rebuilt = await progress.step("Build, compare and swap", () =>
    rebuildMirror({
      ...{ databaseUrl, chains, log, metrics: createMetrics("reindex"), dryRun: options.dryRun },
      ...(only !== undefined && { only }),
      onRange: noteNowAndThen(progress),
    }),
  );
  if (options.dump !== undefined) {
    const { dump } = options;
    await progress.step(`Write ${dump}`, () => writeDump(databaseUrl, dump));
  }
  const { differences, swapped } = rebuilt;
  const lines = differences.map(
    ({ table, before, after }) => `${table} was ${before}, and is ${after}`,
  );
  const said = differences.length === 0 ? "The two are the same." : "These tables differed:";
  const what = only === undefined ? "The new mirror is" : `The new ${only.join(", ")} is`;
  const end = swapped ? `${what} in place.` : "The mirror is as it was.";
  progress.result({ type: "reindexed", only, swapped, differences }, [said, ...lines, end]);
  return options.dryRun && differences.length > 0 ? 1 : 0;
}

function noteNowAndThen(progress: Progress) {
  let notedAtMs = 0;
  return (step: { deployment: number; range: { headers: { number: bigint }[] }; head: bigint }) => {
    const nowMs = progress.elapsedMs();
    if (nowMs - notedAtMs < NOTE_EVERY_MS) return;
    notedAtMs = nowMs;
    const at = step.range.headers.at(-1)?.number ?? step.head;
    progress.note(`Deployment ${step.deployment}: block ${at} of ${step.head}.`);
  };
}

async function writeDump(url: string, path: string): Promise<void> {
  const log = createLog({ name: "reindex", level: "fatal" });
  const open = { url, log, connectionsMax: CONNECTIONS_MAX };
  const db = await openDb({ ...open, role: "stagedoor_indexer" });
  const file = createWriteStream(path);
  try {
    await db.transaction(async (sql) => {
      await sql.query({ text: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY" });
      for (const { name: table } of TABLES) {
        for await (const line of dumpTable(sql, { schema: "mirror", table })) {
          if (!file.write(line)) await once(file, "drain");
        }
      }
    });
    file.end();
    await finished(file);
  } finally {
    file.destroy();
    await db.close();
  }
}

async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    return await reindex(options, createProgress(progressMode(options.json)));
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
