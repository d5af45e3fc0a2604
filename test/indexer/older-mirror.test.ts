// A mirror whose hashes are still text becomes one of bytes where it stands, with all that a reorg puts back.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { TABLES } from "#indexer/projections.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { catchUp } from "../support/catch-up.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { compareDumps } from "../support/judged-mirror.ts";
import { dumpMirror } from "../support/mirror.ts";
import { chanceOf } from "../support/seeded.ts";

const MIGRATIONS = join(import.meta.dirname, "../../server/platform/db/migrations");
const STEP = readFileSync(join(MIGRATIONS, "20261122140000_short_hashes/migration.sql"), "utf8");
const FINALITY = 20;
const BLOCKS = 12;
const ACTS = 5;
const DEPTH = 6;
const SUITE_LIMIT_MS = 30_000;

/** The tables as they were before the step; what it makes new is gone. */
const BACK = [
  ...TABLES.map(
    ({ name }) =>
      `ALTER TABLE mirror."${name}" DROP CONSTRAINT "${name}_block_hash_check",
       ALTER COLUMN block_hash TYPE text USING '0x' || encode(block_hash, 'hex')`,
  ),
  `UPDATE mirror.undo SET before = before
     || jsonb_build_object('block_hash', '0x' || substr(before->>'block_hash', 3))
   WHERE before IS NOT NULL`,
  "DROP INDEX mirror.sale_event_position_idx",
  "CREATE INDEX sale_deployment_event_id_idx ON mirror.sale (deployment, event_id)",
  "CREATE INDEX sale_seller_idx ON mirror.sale (seller)",
  "CREATE INDEX sale_buyer_idx ON mirror.sale (buyer)",
];

describe("a mirror of before its hashes were bytes", function () {
  this.timeout(SUITE_LIMIT_MS);
  const log = createLog({ name: "older", level: "silent" });
  let busy: BusyChain;
  let database: TestDatabase;
  let db: Db;
  before(async () => {
    busy = await openBusyChain({ chance: chanceOf(11), finality: FINALITY });
    database = await createDatabase();
    const open = { url: database.url, log, connectionsMax: 2 };
    db = await openDb({ ...open, role: "stagedoor_indexer" });
  });
  after(async () => {
    await db.close();
    await database.drop();
    await busy.stop();
  });

  it("keeps every row, and follows a reorg that began before the step", async () => {
    const deps = { db, chain: busy.chain, log, metrics: createMetrics("older") };
    for (let block = 0; block < BLOCKS; block += 1) {
      await busy.block(ACTS);
      await catchUp(deps);
    }
    const before = await dumpMirror(db);
    const owner = await openDb({ url: database.url, log, role: "owner", connectionsMax: 1 });
    try {
      for (const text of BACK) await owner.query({ text });
      const older = await dumpMirror(owner);
      expect(older.ticket?.[0]?.block_hash).to.match(/^0x[0-9a-f]{64}$/);
      for (const text of STEP.split(/;\n/)) await owner.query({ text });
    } finally {
      await owner.close();
    }
    expect(compareDumps(await dumpMirror(db), before)).to.deep.equal([]);
    await busy.reorg(DEPTH);
    await busy.block(ACTS);
    await catchUp(deps);
    expect(compareDumps(await dumpMirror(db), await freshMirror(busy.chain))).to.deep.equal([]);
  });
});
