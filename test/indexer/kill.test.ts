// An indexer that is killed at any moment has lost nothing: whoever goes on ends with the same mirror.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { catchUp } from "../support/catch-up.ts";
import { mineBlocks } from "../support/chain.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { type House, openHouse } from "../support/house.ts";
import { openPlay } from "../support/market.ts";
import { dumpMirror } from "../support/mirror.ts";

const KILLS = 5;
/** From the first statement of a process to some way into its backfill. */
const LIVES_MS = [900, 1_300, 1_700, 2_300, 3_100];
/** More than an indexer keeps the undoing of, in calls that a busy chain answers in time. */
const EMPTY_BLOCKS = { calls: 10, each: 64 };

const SET_UP_LIMIT_MS = 60_000;

describe("an indexer that is killed", () => {
  let house: House;
  before(async function () {
    this.timeout(SET_UP_LIMIT_MS);
    house = await openHouse({ modules: true });
    const play = await openPlay(house.chain);
    const fan = await play.fan();
    for (let seat = 1; seat <= 5; seat += 1) await play.buy(fan, seat);
    for (let call = 0; call < EMPTY_BLOCKS.calls; call += 1) {
      await mineBlocks(house.chain, EMPTY_BLOCKS.each);
    }
    for (let seat = 6; seat <= 10; seat += 1) await play.buy(fan, seat);
  });
  after(() => house.close());

  async function runFor(lifeMs: number): Promise<NodeJS.Signals | null> {
    const env = {
      ...process.env,
      ...{ NODE_ENV: "development", PUBLIC_URL: house.url, DATABASE_URL: house.databaseUrl },
      ...{ REDIS_URL: "redis://127.0.0.1:1", LOG_LEVEL: "fatal" },
      DEPLOYMENTS: JSON.stringify([house.chain.deployment]),
    };
    const script = join(repositoryRoot, "indexer/main.ts");
    const child = spawn(process.execPath, [script], { env, stdio: "ignore" });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => {
      child.once("exit", (_code, signal) => resolve(signal));
    });
    await systemClock.sleep(lifeMs);
    child.kill("SIGKILL");
    return ended;
  }

  it("again and again leaves a mirror that is the same as one that never was", async () => {
    for (let round = 0; round < KILLS; round += 1) {
      expect(await runFor(LIVES_MS[round] as number)).to.equal("SIGKILL");
    }
    const deps = { ...house, db: house.indexerDb, metrics: createMetrics("after") };
    await catchUp(deps);
    expect(await dumpMirror(house.db)).to.deep.equal(await freshMirror(house.chain));
  }).timeout(90_000);
});
