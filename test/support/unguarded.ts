// Takes guards away and makes racers meet, so that the controls of race tests lose their races for sure.
import { Client, type QueryResultRow } from "pg";
import { systemClock } from "#server/platform/clock.ts";
import type { Db, Sql, Statement } from "#server/platform/db/client.ts";
import type { Signer } from "#server/platform/tx/signer.ts";
import type { House } from "./house.ts";

/** What is taken out of every statement that has it, and what stands there instead. */
export type Drop = readonly [guard: string, instead: string];

interface Tampering {
  drop?: readonly Drop[];
  /** What is waited for before each statement that has these words. */
  before?: { words: string; wait: () => Promise<unknown> };
}

/** A lane is then anybody's, as it is for one that slept through its lease. */
export const LANE_LEASE: Drop = [
  "WHERE lane.holder = $3 OR lane.holder IS NULL OR lane.leased_until <= now()",
  "",
];
export const LANE_FENCE: Drop = [
  "AND holder = $3 AND fence = $4",
  "AND $3::text <> '' AND $4::bigint > 0",
];
/** The first words that a transaction with a nonce in it says. */
export const LOCK_LANE = "UPDATE sale.nonce_lane SET leased_until = now() + $5 * interval '1 ms'";

const POLL_MS = 5;

/** The same database for code that has lost some of its guards, or is slow at a certain point. */
export function tamper(db: Db, { drop = [], before }: Tampering): Db {
  // Nothing is awaited before any other statement, so that those still go out together.
  const queryOf =
    (sql: Sql): Sql["query"] =>
    async <R extends QueryResultRow>(statement: Statement) => {
      if (before !== undefined && statement.text.includes(before.words)) await before.wait();
      return sql.query<R>(without(statement, drop));
    };
  return {
    ...db,
    query: queryOf(db),
    transaction: (work) => db.transaction((sql) => work({ ...sql, query: queryOf(sql) })),
  };
}

/** By its name Postgres would remember the statement as it was. */
function without(statement: Statement, drop: readonly Drop[]): Statement {
  const text = drop.reduce(
    (left, [guard, instead]) => left.replaceAll(guard, instead),
    statement.text,
  );
  if (text === statement.text) return statement;
  const { name: _, ...unnamed } = statement;
  return { ...unnamed, text };
}

/** Nobody goes on before so many are there; whoever comes later finds the way free. */
export function meeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let here = 0;
  return () => {
    here += 1;
    if (here === count) resolve();
    return promise;
  };
}

/** Until it is done, or somebody waits for a lock: then the guard holds, and all may go on. */
export async function orBlocked({ db }: House, work: Promise<unknown>): Promise<void> {
  let isDone = false;
  const end = () => {
    isDone = true;
  };
  work.then(end, end);
  while (!isDone && !(await isBlocked(db))) await systemClock.sleep(POLL_MS);
}

async function isBlocked(db: Sql): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
           WHERE datname = current_database() AND NOT granted
             AND locktype IN ('transactionid', 'tuple', 'advisory') LIMIT 1`,
  });
  return rowCount !== 0;
}

/** Sends before anything is stored, and dies of it. */
export function hastySigner({ chain }: House, signer: Signer): Signer {
  return {
    ...signer,
    sign: async (transaction) => {
      const raw = await signer.sign(transaction);
      await chain.client.sendRawTransaction({ serializedTransaction: raw });
      throw new Error("the worker is dead");
    },
  };
}

/** For good: only from the database of a house that is closed after it. */
export async function dropKey(house: House, table: string, key: string): Promise<void> {
  const client = new Client({ connectionString: house.databaseUrl });
  await client.connect();
  try {
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS "${key}"`);
    await client.query(`DROP INDEX IF EXISTS sale."${key}"`);
    const { rows } = await client.query("SELECT 1 FROM pg_class WHERE relname = $1", [key]);
    if (rows.length > 0) throw new Error(`${key} is still there`);
  } finally {
    await client.end();
  }
}
