// The disk under Postgres fills while the indexer writes: it says so, waits longer each time, and goes on.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Client } from "pg";
import { migrate } from "#scripts/migrate.ts";
import type { Service } from "#scripts/services/child.ts";
import { createHome } from "#scripts/services/home.ts";
import { startPostgres } from "#scripts/services/postgres.ts";
import { choosePostgresPlace } from "#scripts/services/postgres-user.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { type IndexerProcess, startIndexer } from "../support/indexer-process.ts";
import { compareDumps, type JudgedMirror, openJudgedMirror } from "../support/judged-mirror.ts";
import { dumpMirror } from "../support/mirror.ts";
import { chanceOf } from "../support/seeded.ts";
import { moveToSmallDisk, type SmallDisk, whyNoDisk } from "../support/small-disk.ts";
import { seedOr } from "../support/variables.ts";

const SEED = seedOr(20_261_126);
const KIBIBYTE = 1_024;
const MEBIBYTE = KIBIBYTE * KIBIBYTE;
const BLOCKS_FIRST = 150;
const ACTS = 6;
const FINALITY = 20;
const LIMIT_MS = 120_000;
const SUITE_LIMIT_MS = 15 * 60_000;
const POLL_MS = 50;
/** A wait of a second, doubled each time up to ten: so many tries are in so long an outage. */
const OUTAGE_MS = 20_000;
const TRIES_MAX = 8;
const NO_LEAD = "stagedoor_mirror_lead_faults_total";
const FAULTS = "stagedoor_mirror_faults_total";

describe("an indexer whose database's disk is full", function () {
  this.timeout(SUITE_LIMIT_MS);
  let home: string;
  let busy: BusyChain;
  let postgres: Service;
  let disk: SmallDisk | undefined;
  let mirror: JudgedMirror;
  let indexer: IndexerProcess;
  let isOver: boolean;
  let kept: Promise<void> | undefined;
  let starts: number;

  before(function () {
    const reason = whyNoDisk();
    if (reason === undefined) return;
    say(`not run: ${reason}`);
    this.skip();
  });
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "stagedoor-full-"));
    chmodSync(home, 0o755);
    createHome(home);
    busy = await openBusyChain({ chance: chanceOf(SEED), finality: FINALITY });
    for (let at = 0; at < BLOCKS_FIRST; at += 1) await busy.block(ACTS);
    [isOver, starts] = [false, 0];
  });
  afterEach(async () => {
    isOver = true;
    await indexer?.kill();
    await mirror?.close();
    await kept;
    await postgres?.stop();
    disk?.remove();
    disk = undefined;
    await busy?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const start = (port?: number) =>
    startPostgres({ home, log: () => undefined, ...(port !== undefined && { port }) });

  /** Postgres with one of its folders on a small disk, and started again whenever it ends. */
  async function openOn(folder: string): Promise<SmallDisk> {
    postgres = await start();
    await migrate({ databaseUrl: postgres.url });
    await postgres.stop();
    const data = join(choosePostgresPlace(home, () => undefined).folder, "data");
    disk = moveToSmallDisk(join(data, folder));
    postgres = await start(postgres.port);
    kept = keep();
    mirror = await openJudgedMirror({ url: postgres.url, drop: async () => undefined });
    return disk;
  }

  /** As whoever looks after a database would. */
  async function keep(): Promise<void> {
    while (!isOver) {
      let hasEnded = false;
      void postgres.exited.then(() => {
        hasEnded = true;
      });
      await systemClock.sleep(POLL_MS);
      if (!hasEnded || isOver) continue;
      try {
        postgres = await start(postgres.port);
        starts += 1;
      } catch {
        // Without room it ends again at once.
        await systemClock.sleep(POLL_MS);
      }
    }
  }

  async function begin(): Promise<void> {
    const { url: databaseUrl } = postgres;
    const deployments = [{ ...busy.deployment, wsUrl: busy.wsUrl }];
    indexer = await startIndexer({ databaseUrl, deployments });
    await indexer.line("leads");
  }

  const faults = (cause: string) => indexer.metric(FAULTS, { cause });

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const endMs = systemClock.monotonicMs() + LIMIT_MS;
    while (!(await holds().catch(() => false))) {
      if (systemClock.monotonicMs() > endMs) throw new Error(`never: ${what}`);
      await systemClock.sleep(POLL_MS);
    }
  }

  /** What is there is whole: as the chain was at the mirror's own block. */
  async function expectWhole(): Promise<bigint> {
    const { rows } = await mirror.db.query<{ number: bigint }>({
      text: "SELECT block_number AS number FROM cursor",
    });
    const at = rows[0]?.number ?? BigInt(busy.deployment.startBlock) - 1n;
    const dump = await dumpMirror(mirror.db);
    if (rows[0] === undefined) expect(Object.values(dump).flat()).to.deep.equal([]);
    else expect(compareDumps(dump, await freshMirror(busy.chain, at))).to.deep.equal([]);
    return at;
  }

  async function expectEqualAtTheEnd(): Promise<void> {
    const startMs = systemClock.monotonicMs();
    await mirror.reaches(await busy.block(ACTS), LIMIT_MS);
    say(`with room it follows after ${Math.round(systemClock.monotonicMs() - startMs)} ms`);
    expect(await mirror.differences(busy)).to.deep.equal([]);
    expect(await mirror.orphans(busy)).to.deep.equal([]);
    expect(indexer.lines.filter(({ level }) => level >= 60)).to.deep.equal([]);
    expect(await indexer.stop()).to.equal(0);
  }

  it("by its tables says so, waits longer each time, and is the chain once there is room", async () => {
    const room = await openOn("base");
    room.leave(512 * KIBIBYTE);
    await begin();
    const { err } = await indexer.line("the mirror waits");
    expect((err as Error).message).to.equal("The database's disk is full.");
    const before = await faults("disk-full");
    await systemClock.sleep(OUTAGE_MS);
    const tries = (await faults("disk-full")) - before;
    const at = await expectWhole();
    say(`in the backfill: ${tries} tries in ${OUTAGE_MS} ms, the mirror whole at ${at}`);
    expect(tries).to.be.within(1, TRIES_MAX);
    room.leave(8 * MEBIBYTE);
    const tookMs = await mirror.reaches(busy.tip(), LIMIT_MS);
    say(`with room it is there after ${Math.round(tookMs)} ms`);
    const known = await faults("disk-full");
    room.leave(256 * KIBIBYTE);
    let blocks = 0;
    await until("full again", async () => {
      await busy.block(ACTS);
      blocks += 1;
      return (await faults("disk-full")) > known;
    });
    say(`following: full again after ${blocks} blocks, the mirror whole at ${await expectWhole()}`);
    room.leave(64 * MEBIBYTE);
    await expectEqualAtTheEnd();
  });

  it("by its write-ahead log outlives Postgres' own panic, and is the chain once there is room", async () => {
    const room = await openOn("pg_wal");
    await begin();
    await mirror.reaches(busy.tip(), LIMIT_MS);
    room.leave(MEBIBYTE);
    await until("a panic", async () => {
      await fill(postgres.url);
      await busy.block(ACTS);
      return (await indexer.metric(NO_LEAD, { reason: "database" })) > 0;
    });
    const { err } = await indexer.line("the database does not say who leads; asks again");
    say(`it says: ${(err as Error).message}`);
    for (let at = 0; at < FINALITY; at += 1) await busy.block(ACTS);
    await systemClock.sleep(OUTAGE_MS);
    const tries = await indexer.metric(NO_LEAD, { reason: "database" });
    say(`${tries} tries in the outage; ${room.left()} bytes are free; started ${starts} times`);
    room.leave(256 * MEBIBYTE);
    await expectEqualAtTheEnd();
  });
});

/** Somebody else writes, until there is no room: the log is everybody's. */
async function fill(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(
      "CREATE TABLE IF NOT EXISTS filler AS SELECT repeat('x', 900) FROM generate_series(1, 1)",
    );
    await client.query("INSERT INTO filler SELECT repeat('x', 900) FROM generate_series(1, 20000)");
  } catch {
    // This is what it is for.
  } finally {
    await client.end().catch(() => undefined);
  }
}

function say(text: string): void {
  process.stdout.write(`      ${text}\n`);
}
