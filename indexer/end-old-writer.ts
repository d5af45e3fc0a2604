// Ends what a leader before this one has left open: its row of the cursor would keep the next one waiting.
import type { Db } from "#server/platform/db/client.ts";
import type { Log } from "#server/platform/log.ts";

/** A session that is told to end is gone within milliseconds, unless the machine is not well. */
const END_LIMIT_MS = 1_000;
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
    const pids = await db.transaction(async (sql) => {
      const { rows: locked } = await sql.query<{ pid: number }>({
        text: `SELECT pid FROM cursor
               JOIN pg_locks ON locktype = 'transactionid' AND transactionid = cursor.xmax
               JOIN pg_stat_activity USING (pid)
               WHERE deployment = $1 AND granted AND mode = 'ExclusiveLock'
                 AND application_name = $2 AND pid <> pg_backend_pid()`,
        values: [deployment, INDEXERS],
      });
      const found = locked.map(({ pid }) => pid);
      if (found.length === 0) return found;
      // Both logged in as the same user, whose session it is; the role that writes may not end it.
      await sql.query({ text: "SET LOCAL ROLE NONE" });
      await sql.query({
        text: "SELECT pg_terminate_backend(pid, $2) FROM unnest($1::integer[]) AS pid",
        values: [found, END_LIMIT_MS],
      });
      return found;
    });
    if (pids.length > 0) log.warn({ deployment, pids }, "ended what the old leader had left open");
    return pids.length;
  } catch (err) {
    // Postgres ends it as well, only later; what is really wrong is said by the first round.
    log.warn({ err, deployment }, "could not end what the old leader may have left open");
    return 0;
  }
}
