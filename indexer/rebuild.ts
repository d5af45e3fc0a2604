// Builds the mirror anew beside the one in use, compares the two, and puts the new one in its place.
import { Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb, type Sql } from "#server/platform/db/client.ts";
import type { Log } from "#server/platform/log.ts";
import type { Metrics } from "#server/platform/metrics.ts";
import { createAhead } from "./ahead.ts";
import { readCursor } from "./cursor.ts";
import { fingerprint } from "./dump.ts";
import { leaderName, leadOf, readHolder } from "./lead-holder.ts";
import type { Range } from "./range.ts";
import { type SyncDeps, syncStep } from "./sync.ts";

const LIVE = "mirror";
const SHADOW = "mirror_shadow";
const OLD = "mirror_old";
const CONNECTIONS_MAX = 4;
/** A node that is busy with a backfill of its own answers late; a minute of silence is an end. */
const FAULTS_MAX = 60;
const FAULT_WAIT_MS = 1_000;
/** Queries that were under way at the swap hold the old tables; none may run for longer. */
const DROP_TRIES_MAX = 20;

export interface RebuildOptions {
  /** May create schemas: the owner of the database, not one of the two roles. */
  databaseUrl: string;
  chains: readonly Chain[];
  log: Log;
  metrics: Metrics;
  /** Compare and leave everything as it is. */
  dryRun?: boolean;
  /** The tables that take the place of those in use: all of one projection's. */
  only?: readonly string[];
  onRange?: (step: { deployment: number; range: Range; head: bigint }) => void;
}

export interface Rebuilt {
  /** Tables that differ, each with what tells the two apart; empty for a mirror that was right. */
  differences: { table: string; before: string; after: string }[];
  swapped: boolean;
}

export async function rebuildMirror(options: RebuildOptions): Promise<Rebuilt> {
  const { databaseUrl: url, log } = options;
  const open = { url, log, connectionsMax: CONNECTIONS_MAX };
  const owner = await openDb({ ...open, role: "owner", schema: LIVE });
  try {
    await requireSameCode(options, owner);
    await createShadow(owner);
    const shadow = await openDb({ ...open, role: "stagedoor_indexer", schema: SHADOW });
    try {
      // Nearly everything happens here, while the mirror in use goes on.
      for (const chain of options.chains) {
        const live = await readCursor(owner, chain);
        await catchUp(options, shadow, chain, live?.number);
      }
      return await compareAndSwap(options, { owner, shadow });
    } finally {
      await shadow.close();
    }
  } finally {
    await dropSchema(owner, OLD);
    await dropSchema(owner, SHADOW);
    await owner.close();
  }
}

/**
 * A leader of other code writes other tables: those that it does not know would stay as they are at
 * the swap, while the cursor says that they are newer.
 */
async function requireSameCode({ chains, dryRun }: RebuildOptions, sql: Sql): Promise<void> {
  if (dryRun === true) return;
  for (const { deployment } of chains) {
    const holder = await readHolder(sql, leadOf(deployment.id));
    if (holder === undefined || holder.name === leaderName()) continue;
    throw new Error(
      `The indexer that leads deployment ${deployment.id} is of other code, with other tables ` +
        "than these: stop the indexers, run this again, and start those of this code.",
    );
  }
}

/** Tables like those in use, with their indexes, checks and grants. */
async function createShadow(owner: Db): Promise<void> {
  await dropSchema(owner, SHADOW);
  await owner.transaction(async (sql) => {
    await sql.query({ text: `CREATE SCHEMA ${SHADOW}` });
    const { rows } = await sql.query<{ name: string }>({
      text: "SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1",
      values: [LIVE],
    });
    for (const { name } of rows) {
      await sql.query({
        text: `CREATE TABLE ${SHADOW}."${name}" (LIKE ${LIVE}."${name}" INCLUDING ALL)`,
      });
    }
    await sql.query({
      text: `GRANT USAGE ON SCHEMA ${SHADOW} TO stagedoor_server, stagedoor_indexer, stagedoor_lookup`,
    });
    await sql.query({
      text: `GRANT SELECT ON ALL TABLES IN SCHEMA ${SHADOW} TO stagedoor_server, stagedoor_lookup`,
    });
    await sql.query({
      text: `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${SHADOW}
             TO stagedoor_indexer`,
    });
  });
}

async function catchUp(
  options: RebuildOptions,
  db: Db,
  chain: Chain,
  until?: bigint,
): Promise<void> {
  const { log, metrics, onRange } = options;
  const { id: deployment } = chain.deployment;
  const deps: SyncDeps = {
    ...{ db, chain, log, metrics, ahead: createAhead(chain) },
    onRange: (step) => onRange?.({ deployment, ...step }),
    ...(until !== undefined && { until }),
  };
  let faults = 0;
  for (;;) {
    try {
      if (await syncStep(deps)) return;
      faults = 0;
    } catch (error) {
      faults += 1;
      if (!(error instanceof Fault) || faults > FAULTS_MAX) throw error;
      await systemClock.sleep(FAULT_WAIT_MS);
    }
  }
}

/**
 * While the rows of the live cursors are locked no indexer writes: the new mirror is brought to
 * exactly the same block, so that the two must be equal.
 */
async function compareAndSwap(
  options: RebuildOptions,
  { owner, shadow }: { owner: Db; shadow: Db },
): Promise<Rebuilt> {
  return owner.transaction(async (sql) => {
    await sql.query({ text: `SELECT 1 FROM ${LIVE}.cursor ORDER BY deployment FOR UPDATE` });
    // Whoever leads now goes on with the new tables.
    await requireSameCode(options, sql);
    for (const chain of options.chains) await meet(options, { sql, shadow, chain });
    const before = await fingerprint(sql, LIVE);
    const after = await fingerprint(sql, SHADOW);
    const differences = [...before]
      .filter(([table]) => options.only?.includes(table) ?? true)
      .map(([table, text]) => ({ table, before: text, after: after.get(table) ?? "" }))
      .filter((both) => both.before !== both.after);
    if (options.dryRun === true) return { differences, swapped: false };
    if (options.only === undefined) await swapAll(sql);
    else await swapTables(sql, options.only);
    return { differences, swapped: true };
  });
}

async function swapAll(sql: Sql): Promise<void> {
  // No chain tells these any more, and who reads the facts as they come still goes by them.
  await sql.query({
    text: `INSERT INTO ${SHADOW}.orphan SELECT * FROM ${LIVE}.orphan ON CONFLICT DO NOTHING`,
  });
  await sql.query({ text: `ALTER SCHEMA ${LIVE} RENAME TO ${OLD}` });
  await sql.query({ text: `ALTER SCHEMA ${SHADOW} RENAME TO ${LIVE}` });
}

/** Both mirrors are at the same block, so that the rest of the one in use goes with these. */
async function swapTables(sql: Sql, tables: readonly string[]): Promise<void> {
  await sql.query({ text: `CREATE SCHEMA ${OLD}` });
  for (const table of tables) {
    await sql.query({ text: `ALTER TABLE ${LIVE}."${table}" SET SCHEMA ${OLD}` });
    await sql.query({ text: `ALTER TABLE ${SHADOW}."${table}" SET SCHEMA ${LIVE}` });
  }
  // How the rows were before is told of the new ones as well.
  const values = [tables];
  await sql.query({ text: `DELETE FROM ${LIVE}.undo WHERE relation = ANY($1)`, values });
  await sql.query({
    text: `INSERT INTO ${LIVE}.undo SELECT * FROM ${SHADOW}.undo WHERE relation = ANY($1)`,
    values,
  });
}

async function meet(
  options: RebuildOptions,
  given: { sql: Sql; shadow: Db; chain: Chain },
): Promise<void> {
  const { sql, shadow, chain } = given;
  const live = await readCursor(sql, chain);
  // What was never mirrored has nothing to be equal to.
  if (live === undefined) return;
  await catchUp(options, shadow, chain, live.number);
  const built = await readCursor(shadow, chain);
  if (built?.hash !== live.hash) {
    throw new Fault(
      "chain/unreachable",
      "The chain changed while the mirror was built; try again.",
    );
  }
}

async function dropSchema(owner: Db, name: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await owner.query({ text: `DROP SCHEMA IF EXISTS ${name} CASCADE` });
      return;
    } catch (error) {
      if (tries === DROP_TRIES_MAX) throw error;
      await systemClock.sleep(FAULT_WAIT_MS);
    }
  }
}
