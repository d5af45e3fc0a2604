// A second mirror that begins at the first block and has never seen a reorg.
import type { Chain } from "#server/platform/chain.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { catchUp } from "./catch-up.ts";
import { createDatabase } from "./database.ts";
import { dumpMirror, type MirrorDump } from "./mirror.ts";

/** As of the newest block, or of the one named. */
export async function freshMirror(chain: Chain, until?: bigint): Promise<MirrorDump> {
  const database = await createDatabase();
  const log = createLog({ name: "test", level: "silent" });
  const open = { url: database.url, log, connectionsMax: 2 };
  const db = await openDb({ ...open, role: "stagedoor_indexer" });
  try {
    const deps = { db, chain, log, metrics: createMetrics("fresh") };
    await catchUp(until === undefined ? deps : { ...deps, until });
    return await dumpMirror(db);
  } finally {
    await db.close();
    await database.drop();
  }
}
