// One projection is built anew alone, also one that nobody had before, while the rest of the mirror stays and goes on.
import { expect } from "chai";
import type { Projection } from "#indexer/draft.ts";
import { dumpTable } from "#indexer/dump.ts";
import { PROJECTIONS, TABLES, tablesBeside } from "#indexer/projections.ts";
import { rebuildMirror } from "#indexer/rebuild.ts";
import { stateTable } from "#indexer/table.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { catchUp } from "../support/catch-up.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { startIndexer } from "../support/indexer-process.ts";
import { compareDumps } from "../support/judged-mirror.ts";
import { dumpMirror } from "../support/mirror.ts";
import { chanceOf } from "../support/seeded.ts";

const BLOCKS = 30;
const ACTS = 5;
const FINALITY = 20;
const REORG = 8;
const FATAL = 60;

const turnoverTable = stateTable("turnover", {
  key: ["event_id"],
  columns: { event_id: "integer", sales: "integer", amount: "numeric" },
});

/** As a new file of indexer/apply would have it. */
const turnover: Projection = {
  tables: [turnoverTable],
  wants(fact, wanted) {
    if (fact.kind === "sold") wanted.add(turnoverTable, { event_id: eventOf(fact.ticketId) });
  },
  apply(fact, draft) {
    if (fact.kind !== "sold") return;
    const event_id = eventOf(fact.ticketId);
    const was = draft.read(turnoverTable, { event_id }) ?? { sales: 0, amount: 0n };
    const sum = { sales: was.sales + 1, amount: was.amount + fact.price };
    draft.write(turnoverTable, { event_id, ...sum }, fact);
  },
};

const eventOf = (ticketId: bigint): number => Number(ticketId >> 40n);

describe("rebuilding one projection", () => {
  let busy: BusyChain;
  let database: TestDatabase;
  let db: Db;
  let owner: Db;
  const log = createLog({ name: "test", level: "silent" });
  before(async () => {
    busy = await openBusyChain({ chance: chanceOf(21), finality: FINALITY });
    for (let at = 0; at < BLOCKS; at += 1) await busy.block(ACTS);
    database = await createDatabase();
    const open = { url: database.url, log, connectionsMax: 2 };
    db = await openDb({ ...open, role: "stagedoor_indexer" });
    owner = await openDb({ ...open, role: "owner" });
    await goOn();
  });
  after(async () => {
    await db?.close();
    await owner?.close();
    await database?.drop();
    await busy?.stop();
  });

  const goOn = () => catchUp({ db, chain: busy.chain, log, metrics: createMetrics("one") });

  const rebuild = (only: readonly string[], dryRun = false) =>
    rebuildMirror({
      ...{ databaseUrl: database.url, chains: [busy.chain], log, only, dryRun },
      metrics: createMetrics("one"),
    });

  const differences = async () => compareDumps(await dumpMirror(db), await freshMirror(busy.chain));

  it("mends its tables alone, and their part of what a reorg takes back", async () => {
    const only = tablesBeside("escrow");
    expect(only).to.deep.equal(["escrow", "escrow_entry"]);
    await db.query({ text: "UPDATE escrow SET held = held + 1" });
    await db.query({ text: "UPDATE undo SET before = NULL WHERE relation = 'escrow'" });
    await db.query({ text: "UPDATE holder SET tickets = tickets + 1" });
    const compared = await rebuild(only as string[], true);
    expect(compared.swapped).to.equal(false);
    const { differences: found, swapped } = await rebuild(only as string[]);
    expect(found.map(({ table }) => table)).to.deep.equal(["escrow"]);
    expect(swapped).to.equal(true);
    const left = await differences();
    expect(left.filter((line) => !line.includes(" holder "))).to.deep.equal([]);
    expect(left).not.to.deep.equal([]);
    await rebuild(["holder"]);
    await busy.reorg(REORG);
    await busy.block(ACTS);
    await goOn();
    expect(await differences()).to.deep.equal([]);
  });

  it("backfills one that is new, which then goes on with the others", async () => {
    (PROJECTIONS as Projection[]).push(turnover);
    TABLES.push(turnoverTable);
    try {
      await owner.query({
        text: `CREATE TABLE mirror.turnover (
                 deployment smallint, event_id integer, sales integer, amount numeric(78,0),
                 block_number bigint, block_hash text, log_index integer,
                 PRIMARY KEY (deployment, event_id))`,
      });
      await expectRefused();
      const { differences: found } = await rebuild(["turnover"]);
      expect(found.map(({ table, before }) => `${table} ${before.slice(0, 6)}`)).to.deep.equal([
        "turnover 0 rows",
      ]);
      for (let at = 0; at < FINALITY; at += 1) await busy.block(ACTS);
      await goOn();
      await busy.reorg(REORG);
      await busy.block(ACTS);
      await goOn();
      await expectTurnover();
    } finally {
      (PROJECTIONS as Projection[]).pop();
      TABLES.pop();
    }
    expect(await differences()).to.deep.equal([]);
  });

  /** The process knows nothing of the table, and would go on without it. */
  async function expectRefused(): Promise<void> {
    const { url: databaseUrl } = database;
    const old = await startIndexer({ databaseUrl, deployments: [busy.deployment] });
    try {
      await old.line("leads");
      const outcome = await rebuild(["turnover"]).catch((error: Error) => error.message);
      expect(outcome).to.match(/leads deployment 1 is of other code, with other tables than these/);
      expect((await rebuild(["turnover"], true)).swapped).to.equal(false);
    } finally {
      await old.stop();
    }
    const { rows } = await owner.query({ text: "SELECT 1 FROM mirror.turnover" });
    expect(rows).to.deep.equal([]);
  }

  it("goes on while an indexer of the same code leads and writes, and loses no block of it", async () => {
    const leader = await startIndexer({
      ...{ databaseUrl: database.url, deployments: [busy.deployment] },
    });
    try {
      await leader.line("leads");
      let isOver = false;
      const load = (async () => {
        while (!isOver) await busy.block(ACTS);
      })();
      try {
        expect((await rebuild(["holder"])).swapped).to.equal(true);
        expect((await rebuild(tablesBeside("escrow") as string[])).swapped).to.equal(true);
      } finally {
        isOver = true;
        await load;
      }
      await busy.reorg(REORG);
      await busy.block(ACTS);
      await goOn();
      expect(leader.lines.filter(({ level }) => level >= FATAL)).to.deep.equal([]);
    } finally {
      expect(await leader.stop()).to.equal(0);
    }
    expect(await differences()).to.deep.equal([]);
  });

  /** Held against the logs themselves. */
  async function expectTurnover(): Promise<void> {
    const sold = [...busy.blocks.values()]
      .flatMap(({ logs }) => logs)
      .flatMap((each) => (each.eventName === "Sold" ? [each.args.price] : []));
    const amount = sold.reduce((sum, price) => sum + price, 0n);
    const lines: string[] = [];
    await db.transaction(async (sql) => {
      const given = { schema: "mirror", table: "turnover" };
      for await (const line of dumpTable(sql, given)) lines.push(line);
    });
    expect(lines).to.have.lengthOf(1);
    expect(lines[0]).to.include(`"sales":${sold.length},"amount":${amount}`);
  }
});
