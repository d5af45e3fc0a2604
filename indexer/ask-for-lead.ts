// Asks Postgres once for the lead, and tells apart why it was not given.
import type { Client } from "pg";
import type { Db } from "#server/platform/db/client.ts";
import { asDbFault } from "#server/platform/db/failure.ts";
import { leaderName, readHolder } from "./lead-holder.ts";

/**
 * A process that is frozen keeps its connection, and the lock with it, for as long as nobody minds:
 * Postgres ends a session that says nothing for so long, and another process goes on within five
 * seconds.
 */
const SILENCE_MAX_MS = 3_000;
/** Whoever leads says something each second: this one was left behind, by a pooler most likely. */
const ABANDONED_AFTER_MS = SILENCE_MAX_MS + 2_000;

export type LeadAnswer =
  | { kind: "held"; client: Client; pid: number }
  | { kind: "taken"; client: Client }
  /** The lock is held, and its holder has been silent for longer than one of ours ever is. */
  | { kind: "abandoned"; client: Client; pid: number; silentMs: number }
  /** Nobody knows who leads: the database was not there, or would not say. */
  | { kind: "unknown"; client: Client | undefined; reason: string; error: unknown };

/** With a connection that is the caller's to end; the lock lives as long as it. */
export async function askForLead(db: Db, name: string): Promise<LeadAnswer> {
  let client: Client | undefined;
  try {
    client = await db.connect();
    client.on("error", () => undefined);
    await client.query(`SET idle_session_timeout = ${SILENCE_MAX_MS}`);
    await client.query(`SET application_name = '${leaderName()}'`);
    const { rows } = await client.query<{ held: boolean; pid: number }>(
      `SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held, pg_backend_pid() AS pid`,
      [name],
    );
    const [row] = rows;
    if (row?.held === true) return { kind: "held", client, pid: row.pid };
    // As whoever logged in: the role that writes may not see what others' sessions do.
    await client.query("SET ROLE NONE");
    const holder = await readHolder(client, name);
    if (holder === undefined || !(holder.silentMs > ABANDONED_AFTER_MS)) {
      return { kind: "taken", client };
    }
    const { pid, silentMs } = holder;
    return { kind: "abandoned", client, pid, silentMs };
  } catch (error) {
    const fault = asDbFault(error);
    return { kind: "unknown", client, reason: fault?.message ?? String(error), error };
  }
}

export async function backendOf(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  return rows[0]?.pid;
}
