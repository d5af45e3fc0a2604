// Postgres is killed in the middle of whatever the indexer writes: it waits, and goes on by itself.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { migrate } from "#scripts/migrate.ts";
import type { Service } from "#scripts/services/child.ts";
import { createHome } from "#scripts/services/home.ts";
import { startPostgres } from "#scripts/services/postgres.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { type IndexerProcess, startIndexer } from "../support/indexer-process.ts";
import { type JudgedMirror, openJudgedMirror } from "../support/judged-mirror.ts";
import { chanceOf } from "../support/seeded.ts";
import { seedOr } from "../support/variables.ts";

const SEED = seedOr(20_261_125);
const KILLS = 8;
const BLOCKS_FIRST = 150;
const ACTS = 5;
const FINALITY = 20;
const BLOCK_EVERY_MS = 100;
const LIFE_MS_MAX = 2_500;
const LIMIT_MS = 60_000;
const SUITE_LIMIT_MS = 10 * 60_000;

describe("an indexer whose Postgres is lost", function () {
  this.timeout(SUITE_LIMIT_MS);
  const chance = chanceOf(SEED);
  const home = mkdtempSync(join(tmpdir(), "stagedoor-lost-"));
  let busy: BusyChain;
  let postgres: Service;
  let mirror: JudgedMirror;
  let indexer: IndexerProcess;

  const start = (port?: number) =>
    startPostgres({ home, log: () => undefined, ...(port !== undefined && { port }) });

  before(async () => {
    chmodSync(home, 0o755);
    createHome(home);
    busy = await openBusyChain({ chance, finality: FINALITY });
    for (let at = 0; at < BLOCKS_FIRST; at += 1) await busy.block(ACTS);
    postgres = await start();
    await migrate({ databaseUrl: postgres.url });
    mirror = await openJudgedMirror({ url: postgres.url, drop: async () => undefined });
    indexer = await startIndexer({
      databaseUrl: postgres.url,
      deployments: [{ ...busy.deployment, wsUrl: busy.wsUrl }],
    });
    await indexer.line("leads");
  });
  after(async () => {
    await indexer?.kill();
    await mirror?.close();
    await postgres?.stop();
    await busy?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  async function underLoad(work: () => Promise<void>): Promise<void> {
    let isOver = false;
    const load = (async () => {
      while (!isOver) {
        await busy.block(ACTS);
        await systemClock.sleep(BLOCK_EVERY_MS);
      }
    })();
    try {
      await work();
    } finally {
      isOver = true;
      await load;
    }
  }

  it(`goes on after each of ${KILLS} kills, and is the chain at the end`, async () => {
    const backMs: number[] = [];
    await underLoad(async () => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        await systemClock.sleep(chance(LIFE_MS_MAX));
        process.kill(postgres.pid, "SIGKILL");
        await postgres.exited;
        postgres = await start(postgres.port);
        backMs.push(Math.round(await mirror.reaches(await busy.block(ACTS), LIMIT_MS)));
      }
    });
    say(`seed ${SEED}: follows again after ${backMs.join(", ")} ms`);
    await mirror.reaches(busy.tip(), LIMIT_MS);
    expect(await mirror.differences(busy)).to.deep.equal([]);
    expect(await mirror.orphans(busy)).to.deep.equal([]);
    expect(indexer.lines.filter(({ level }) => level >= 60)).to.deep.equal([]);
  });
});

function say(text: string): void {
  process.stdout.write(`      ${text}\n`);
}
