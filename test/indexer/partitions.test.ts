// The mirror's histories can be partitioned tables, by block or by deployment, and the indexer does not know.
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

const ACTS = 6;
const BLOCKS = 24;
const FINALITY = 20;
/** Across the border of two partitions. */
const BORDER = 20;
const REORG = 10;
const HISTORIES = TABLES.filter(({ kind }) => kind === "history").map(({ name }) => name);

describe("a mirror whose histories are partitioned", () => {
  let busy: BusyChain;
  before(async () => {
    busy = await openBusyChain({ chance: chanceOf(31), finality: FINALITY });
    for (let at = 0; at < BLOCKS; at += 1) await busy.block(ACTS);
  });
  after(() => busy.stop());

  /** A table of the same columns, keys and grants in the place of the plain one. */
  async function partition(owner: Db, table: string, by: string, parts: readonly string[]) {
    const statements = [
      `ALTER TABLE mirror."${table}" RENAME TO plain`,
      `CREATE TABLE mirror."${table}" (LIKE mirror.plain INCLUDING ALL) PARTITION BY ${by}`,
      ...parts.map(
        (values, at) =>
          `CREATE TABLE mirror."${table}_${at}" PARTITION OF mirror."${table}" ${values}`,
      ),
      "DROP TABLE mirror.plain",
      `GRANT SELECT ON mirror."${table}" TO stagedoor_server`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON mirror."${table}" TO stagedoor_indexer`,
    ];
    for (const text of statements) await owner.query({ text });
  }

  async function mirrored(by: string, parts: readonly string[]): Promise<void> {
    const database: TestDatabase = await createDatabase();
    const log = createLog({ name: "test", level: "silent" });
    const open = { url: database.url, log, connectionsMax: 2 };
    const owner = await openDb({ ...open, role: "owner" });
    const db = await openDb({ ...open, role: "stagedoor_indexer" });
    try {
      for (const table of HISTORIES) await partition(owner, table, by, parts);
      const deps = { db, chain: busy.chain, log, metrics: createMetrics("parts") };
      await catchUp(deps);
      expect(compareDumps(await dumpMirror(db), await freshMirror(busy.chain))).to.deep.equal([]);
      await busy.reorg(REORG);
      await busy.block(ACTS);
      await catchUp(deps);
      expect(compareDumps(await dumpMirror(db), await freshMirror(busy.chain))).to.deep.equal([]);
      const { rows } = await db.query<{ parts: number }>({
        text: "SELECT count(DISTINCT tableoid)::int AS parts FROM mirror.transfer",
      });
      expect(rows[0]?.parts).to.equal(parts.length);
    } finally {
      await db.close();
      await owner.close();
      await database.drop();
    }
  }

  it("by block is the same row for row, also after a reorg across two of them", async () => {
    await mirrored("RANGE (block_number)", [
      `FOR VALUES FROM (MINVALUE) TO (${BORDER})`,
      `FOR VALUES FROM (${BORDER}) TO (MAXVALUE)`,
    ]);
  });

  it("by deployment is the same row for row", async () => {
    await mirrored("LIST (deployment)", ["FOR VALUES IN (1)"]);
  });
});
