// A migrated database of its own for each suite, in the Postgres that the runner started.
import { Client } from "pg";
import { migrate } from "#scripts/migrate.ts";
import { randomUuid } from "#server/platform/random.ts";
import { requireVariable } from "./variables.ts";

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

export async function createDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const adminUrl = requireVariable("TEST_DATABASE_URL");
  const name = `test_${randomUuid().replaceAll("-", "")}`;
  await asAdmin(adminUrl, `CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  if (options.migrated !== false) await migrate({ databaseUrl: url.href });
  return {
    url: url.href,
    drop: () => asAdmin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function asAdmin(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
