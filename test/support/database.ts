// A migrated database of its own for each suite, in the Postgres that the runner started.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { migrate } from "#scripts/migrate.ts";
import { randomUuid } from "#server/platform/random.ts";
import { requireVariable } from "./variables.ts";

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

const MIGRATIONS = join(import.meta.dirname, "../../server/platform/db/migrations");
/** Those who make the template at once wait for each other here. */
const TEMPLATE_LOCK = 7_312_299;

export async function createDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const adminUrl = requireVariable("TEST_DATABASE_URL");
  const name = `test_${randomUuid().replaceAll("-", "")}`;
  const template = options.migrated === false ? "template1" : await migratedTemplate(adminUrl);
  await asAdmin(adminUrl, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  return {
    url: urlOf(adminUrl, name),
    drop: () =>
      asAdmin(adminUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

let template: Promise<string> | undefined;

/** Migrating takes ten times as long as copying what was migrated once. */
function migratedTemplate(adminUrl: string): Promise<string> {
  template ??= makeTemplate(adminUrl);
  return template;
}

async function makeTemplate(adminUrl: string): Promise<string> {
  const name = `migrated_${digestOfMigrations()}`;
  await asAdmin(adminUrl, async (client) => {
    await client.query("SELECT pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    const made = await client.query("SELECT FROM pg_database WHERE datname = $1", [name]);
    if (made.rowCount === 1) return;
    // By this name only once it is whole: whoever is killed half way leaves a draft.
    const draft = `${name}_draft`;
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${draft}`);
    await migrate({ databaseUrl: urlOf(adminUrl, draft) });
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
  });
  return name;
}

function digestOfMigrations(): string {
  const hash = createHash("sha256");
  const files = readdirSync(MIGRATIONS, { recursive: true, encoding: "utf8" }).sort();
  for (const file of files.filter((path) => path.endsWith(".sql"))) {
    hash.update(file).update(readFileSync(join(MIGRATIONS, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

function urlOf(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function asAdmin(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
