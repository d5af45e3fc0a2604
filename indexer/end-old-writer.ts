// Ends what a leader before this one has left open: its row of the cursor would keep the next one waiting.
import { systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import type { Log } from "#server/platform/log.ts";
import { backendOf } from "./ask-for-lead.ts";

/** A session that is told to end is gone within milliseconds, unless the machine is not well. */
const END_LIMIT_MS = 1_000;
/** How long it is tried to make a cursor that another session may be making. */
const TRIAL_LIMIT_MS = 500;
const LOOK_EVERY_MS = 20;
/** As server/platform/db/client.ts names the connections of an indexer. */
const INDEXERS = "stagedoor_indexer";

/**
 * A process that froze within a transaction keeps what it locked until Postgres minds: fifteen
 * seconds between two statements, and for ever in the middle of a COPY. Whoever has the lead may
 * end it, because nothing of it was committed, and nothing of it will be: the cursor moves on.
 */
export async function endOldWriter(given: {
  db: Db;
  log: Log;
  deployment: number;
}): Promise<number> {
  const { db, log, deployment } = given;
  try {
    const pids = (await whoMoves(db, deployment)) ?? (await whoBegins(db, deployment));
    if (pids.length > 0) {
      await db.transaction(async (sql) => {
        // Both logged in as the same user, whose session it is; the role that writes may not.
        await sql.query({ text: "SET LOCAL ROLE NONE" });
        await sql.query({
          text: "SELECT pg_terminate_backend(pid, $2) FROM unnest($1::integer[]) AS pid",
          values: [pids, END_LIMIT_MS],
        });
      });
    }
    if (pids.length > 0) log.warn({ deployment, pids }, "ended what the old leader had left open");
    return pids.length;
  } catch (err) {
    // Postgres ends it as well, only later; what is really wrong is said by the first round.
    log.warn({ err, deployment }, "could not end what the old leader may have left open");
    return 0;
  }
}

/** In a transaction that is still open; undefined without a cursor. */
async function whoMoves(db: Db, deployment: number): Promise<number[] | undefined> {
  const { rows } = await db.query<{ pid: number | null }>({
    text: `SELECT pid FROM cursor
           LEFT JOIN (pg_locks JOIN pg_stat_activity USING (pid))
             ON locktype = 'transactionid' AND transactionid = cursor.xmax
               AND granted AND mode = 'ExclusiveLock'
               AND application_name = $2 AND pid <> pg_backend_pid()
           WHERE deployment = $1`,
    values: [deployment, INDEXERS],
  });
  if (rows.length === 0) return undefined;
  return rows.flatMap(({ pid }) => pid ?? []);
}

/**
 * A leader's first portion makes the cursor, and nobody sees it before it is whole: only who wants
 * to make the same one has to wait for it, and Postgres says for whom. Nothing is made here.
 */
async function whoBegins(db: Db, deployment: number): Promise<number[]> {
  const client = await db.connect();
  client.on("error", () => undefined);
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${TRIAL_LIMIT_MS}`);
    const pid = await backendOf(client);
    const tried = new AbortController();
    let found: number[] = [];
    const making = client
      .query(
        `INSERT INTO cursor (deployment, chain_id, address, block_number, block_hash,
           final_number, head_number)
         VALUES ($1, 0, '', 0, '', 0, 0) ON CONFLICT (deployment) DO NOTHING`,
        [deployment],
      )
      .finally(() => tried.abort());
    const looking = lookWhile(tried.signal, async () => {
      found = await whoBlocks(db, pid);
      return found.length > 0;
    });
    await Promise.all([making, looking]).catch((error: unknown) => {
      if (found.length === 0) throw error;
    });
    return found;
  } finally {
    // What it made goes with its connection.
    await client.end();
  }
}

async function lookWhile(over: AbortSignal, look: () => Promise<boolean>): Promise<void> {
  while (!over.aborted && !(await look())) await systemClock.sleep(LOOK_EVERY_MS, over);
}

async function whoBlocks(db: Db, waiting: number | undefined): Promise<number[]> {
  const { rows } = await db.query<{ pid: number }>({
    text: `SELECT pid FROM unnest(pg_blocking_pids($1)) AS pid JOIN pg_stat_activity USING (pid)
           WHERE application_name = $2`,
    values: [waiting, INDEXERS],
  });
  return rows.map(({ pid }) => pid);
}
