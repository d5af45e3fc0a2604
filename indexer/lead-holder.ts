// Who holds the lead of a deployment now, as Postgres tells it of the session that has the lock.
import { createHash } from "node:crypto";
import type { QueryResult, QueryResultRow } from "pg";
import { TABLES } from "./projections.ts";

export interface Holder {
  pid: number;
  /** Since it said something. */
  silentMs: number;
  /** As it calls itself. */
  name: string;
}

interface Asked {
  query<R extends QueryResultRow>(statement: {
    text: string;
    values: unknown[];
  }): Promise<QueryResult<R>>;
}

const DIGEST_LENGTH = 12;

export function leadOf(deployment: number): string {
  return `mirror:${deployment}`;
}

/** What a leader of this code calls its session: two of the same name write the same tables. */
export function leaderName(): string {
  const known = TABLES.map(({ name, columns, key, kind }) => ({ name, columns, key, kind }));
  const digest = createHash("sha256").update(JSON.stringify(known)).digest("hex");
  return `stagedoor_indexer ${digest.slice(0, DIGEST_LENGTH)}`;
}

/** To be asked by whoever logged in: a role may not see what others' sessions do. */
export async function readHolder(sql: Asked, lock: string): Promise<Holder | undefined> {
  const { rows } = await sql.query<{ pid: number; silentMs: number; name: string }>({
    text: `SELECT pid, application_name AS name,
             (extract(epoch FROM clock_timestamp() - state_change) * 1000)::integer AS "silentMs"
           FROM pg_locks JOIN pg_stat_activity USING (pid), hashtextextended($1, 0) AS key
           WHERE locktype = 'advisory' AND granted AND objsubid = 1
             AND classid = ((key >> 32) & 4294967295)::oid AND objid = (key & 4294967295)::oid
             AND pg_locks.database =
               (SELECT oid FROM pg_database WHERE datname = current_database())`,
    values: [lock],
  });
  return rows[0];
}
