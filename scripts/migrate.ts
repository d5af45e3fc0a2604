// Brings a database to the schema of this checkout: each migration whole or not at all.
import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { failureOf, Stop, sentenceOf } from "./stop.ts";

const migrationsDir = join(import.meta.dirname, "../server/platform/db/migrations");
const CONNECT_TIMEOUT_MS = 5_000;
/** Two starts at once wait for each other here; any number serves as long as it never changes. */
const LOCK_KEY = 7_312_201;
const LOCK_TIMEOUT_MS = 60_000;

/**
 * Prisma's own engine would run these files statement by statement, cut at every semicolon and
 * without a transaction; a crash half way then needs a person. The bookkeeping table is Prisma's,
 * so `prisma migrate status` still reads it.
 */
export async function migrate({
  databaseUrl,
}: {
  databaseUrl: string;
}): Promise<{ applied: string[] }> {
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: "stagedoor-migrate",
  });
  // A connection that breaks between queries would otherwise end the process with a stack trace.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query("SELECT pg_advisory_lock($1)", [LOCK_KEY]);
    await client.query(BOOKKEEPING);
    const done = await readApplied(client);
    const applied: string[] = [];
    for (const migration of readMigrations()) {
      const checksum = done.get(migration.name);
      if (checksum === undefined) {
        await apply(client, migration);
        applied.push(migration.name);
      } else if (checksum !== migration.checksum) {
        throw new Error(
          `The migration ${migration.name} was changed after this database applied it; ` +
            "restore the file and add a new migration instead.",
        );
      }
    }
    return { applied };
  } finally {
    await client.end();
  }
}

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

function readMigrations(): Migration[] {
  return readdirSync(migrationsDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(join(migrationsDir, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    });
}

async function readApplied(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    "SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL",
  );
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
}

async function apply(client: Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
       VALUES ($1, $2, now(), $3, 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw new Error(`The migration ${name} failed and was rolled back.`, { cause: error });
  }
}

const BOOKKEEPING = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id varchar(36) PRIMARY KEY,
  checksum varchar(64) NOT NULL,
  finished_at timestamptz,
  migration_name varchar(255) NOT NULL,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz NOT NULL DEFAULT now(),
  applied_steps_count integer NOT NULL DEFAULT 0
)`;

const USAGE = `Usage: DATABASE_URL=… ./stagedoor migrate

Brings that database to the schema of this checkout, each step whole or not at all. ./stagedoor up
does the same at every start.
`;

async function main(args: string[]): Promise<string> {
  if (args.includes("--help") || args.includes("-h")) return USAGE;
  const databaseUrl = process.env.DATABASE_URL;
  if (databaseUrl === undefined || databaseUrl === "") {
    throw new Stop("DATABASE_URL is not set.", "Set it to the database to migrate.");
  }
  try {
    const { applied } = await migrate({ databaseUrl });
    return applied.length === 0 ? "Nothing to apply.\n" : `Applied ${applied.join(", ")}.\n`;
  } catch (error) {
    throw failureOf("Migrate the database", error);
  }
}

if (import.meta.main) {
  main(process.argv.slice(2)).then(
    (text) => process.stdout.write(text),
    (error: unknown) => {
      process.stderr.write(`${sentenceOf(error)}\n`);
      process.exitCode = 1;
    },
  );
}
