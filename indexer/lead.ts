// Of several indexers one writes: whoever holds the lock; the others wait to take its place.
import type { Client } from "pg";
import { systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import type { Log } from "#server/platform/log.ts";

/**
 * The lock ends with the connection of its holder, so a process that dies is followed within this.
 * One that is cut off goes on until its next write: that one moves the cursor only from where it
 * was read, so whoever leads by then has fenced it off.
 */
const ASK_EVERY_MS = 1_000;
/**
 * A process that is frozen keeps its connection, and the lock with it, for as long as nobody minds:
 * Postgres ends a session that says nothing for so long, and another process goes on within five
 * seconds.
 */
const SILENCE_MAX_MS = 3_000;
/** How often the holder looks whether its connection, and the lock with it, is still there. */
const LOOK_EVERY_MS = 1_000;

/** Runs `work` whenever this process holds the lock; its signal ends with the lock. */
export async function lead(
  given: { db: Db; log: Log; name: string; stopping: AbortSignal },
  work: (leading: AbortSignal) => Promise<void>,
): Promise<void> {
  const { db, log, name, stopping } = given;
  let waits = false;
  while (!stopping.aborted) {
    const client = await db.connect().catch(() => undefined);
    const held = client !== undefined && (await tryLock(client, name));
    if (held) {
      log.info({ lock: name }, "leads");
      waits = false;
      await whileHeld(client, stopping, work);
    } else if (client !== undefined && !waits) {
      log.info({ lock: name }, "another process leads; this one waits");
      waits = true;
    }
    await client?.end().catch(() => undefined);
    await systemClock.sleep(ASK_EVERY_MS, stopping);
  }
}

async function tryLock(client: Client, name: string): Promise<boolean> {
  client.on("error", () => undefined);
  try {
    await client.query(`SET idle_session_timeout = ${SILENCE_MAX_MS}`);
    const { rows } = await client.query<{ held: boolean }>(
      "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held",
      [name],
    );
    return rows[0]?.held === true;
  } catch {
    return false;
  }
}

async function whileHeld(
  client: Client,
  stopping: AbortSignal,
  work: (leading: AbortSignal) => Promise<void>,
): Promise<void> {
  const lost = new AbortController();
  client.once("end", () => lost.abort());
  const leading = AbortSignal.any([stopping, lost.signal]);
  const looking = (async () => {
    while (!leading.aborted) {
      await client.query("SELECT 1").catch(() => lost.abort());
      await systemClock.sleep(LOOK_EVERY_MS, leading);
    }
  })();
  try {
    await work(leading);
  } finally {
    lost.abort();
    await looking;
  }
}
