// An indexer that is killed at two hundred moments of backfill and reorgs ends with the mirror of one that never was.
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { startIndexer } from "../support/indexer-process.ts";
import { type JudgedMirror, openJudgedMirror } from "../support/judged-mirror.ts";
import { wireTo } from "../support/proxy.ts";
import { chanceOf } from "../support/seeded.ts";
import { seedOr } from "../support/variables.ts";

const SEED = seedOr(20_261_124);
/** Side by side, because a process mostly starts. */
const VICTIMS = 2;
const PHASES = 5;
/** Of one victim in one phase: first while the chain rests, then while it goes on. */
const KILLS = { backfill: 10, follow: 10 };
const FINALITY = 40;
const BLOCKS_FIRST = 400;
const ACTS_PER_BLOCK = 5;
const BLOCK_EVERY_MS = 150;
const REORG_ONE_IN = 6;
const REORG_MAX = 24;
/** A node some milliseconds away: else a backfill of this size is over in a moment. */
const NODE_DELAY_MS = 15;
const LIFE_MS_MAX = { backfill: 900, follow: 500 };
const CAUGHT_UP_LIMIT_MS = 60_000;

describe("an indexer that is killed at two hundred moments", function () {
  this.timeout(15 * 60_000);
  const chance = chanceOf(SEED);
  /** halfWay: with a mirror that had begun and was not at the head. */
  const deaths = { backfill: 0, follow: 0, halfWay: 0 };
  let reorgs = 0;
  let busy: BusyChain;
  let wired: Awaited<ReturnType<typeof wireTo>>;
  before(async () => {
    busy = await openBusyChain({ chance, finality: FINALITY });
    for (let at = 0; at < BLOCKS_FIRST; at += 1) await busy.block(ACTS_PER_BLOCK);
    wired = await wireTo(busy.url);
    wired.wire.slow(NODE_DELAY_MS);
  });
  after(async () => {
    await wired?.wire.close();
    await busy?.stop();
  });

  const start = ({ databaseUrl }: JudgedMirror) => {
    const rpcUrl = wired.url.replace(/\/$/, "");
    const { wsUrl } = busy;
    const deployments = [{ ...busy.deployment, rpcUrl, wsUrl }];
    return startIndexer({ databaseUrl, deployments, env: { INDEXER_HEALTH_PORT: "0" } });
  };

  /** Somewhere between its first statement and some way on. */
  async function liveAndDie(mirror: JudgedMirror, lifeMsMax: number): Promise<boolean> {
    const indexer = await start(mirror);
    await indexer.line("leads");
    await systemClock.sleep(chance(lifeMsMax));
    await indexer.kill();
    const { rows } = await mirror.db.query<{ at: bigint }>({
      text: "SELECT block_number AS at FROM mirror.cursor",
    });
    return rows[0] !== undefined && rows[0].at < busy.tip().number;
  }

  /** All of them at once, each as often. */
  async function killThem(mirrors: readonly JudgedMirror[], when: keyof typeof KILLS) {
    const one = async (mirror: JudgedMirror) => {
      for (let kill = 0; kill < KILLS[when]; kill += 1) {
        const isHalfWay = await liveAndDie(mirror, LIFE_MS_MAX[when]);
        deaths[when] += 1;
        if (isHalfWay) deaths.halfWay += 1;
      }
    };
    await Promise.all(mirrors.map(one));
  }

  async function underLoad(work: () => Promise<void>): Promise<void> {
    let isOver = false;
    const load = (async () => {
      while (!isOver) {
        await busy.block(ACTS_PER_BLOCK);
        if (chance(REORG_ONE_IN) === 0) {
          const depth = 1 + chance(REORG_MAX);
          await busy.reorg(depth);
          reorgs += 1;
        }
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

  async function judge(mirror: JudgedMirror): Promise<void> {
    const last = await start(mirror);
    await last.line("leads");
    await mirror.reaches(busy.tip(), CAUGHT_UP_LIMIT_MS);
    expect(await last.stop(), "exit code").to.equal(0);
    expect(await mirror.differences(busy)).to.deep.equal([]);
    expect(await mirror.orphans(busy)).to.deep.equal([]);
    expect((await mirror.undone(busy)).differences).to.deep.equal([]);
  }

  for (let phase = 1; phase <= PHASES; phase += 1) {
    it(`ends with the same mirror as one that never was: phase ${phase} of ${PHASES}`, async () => {
      const mirrors: JudgedMirror[] = [];
      try {
        for (let at = 0; at < VICTIMS; at += 1) mirrors.push(await openJudgedMirror());
        await killThem(mirrors, "backfill");
        await underLoad(() => killThem(mirrors, "follow"));
        for (const mirror of mirrors) await judge(mirror);
      } finally {
        for (const mirror of mirrors) await mirror.close();
      }
    });
  }

  it("was killed half way often enough to say so", () => {
    say(
      `seed ${SEED}: ${deaths.backfill} killed in the backfill, ${deaths.follow} while following`,
    );
    say(`${deaths.halfWay} of them half way, ${reorgs} reorgs meanwhile, 0 differences`);
    expect(deaths.backfill + deaths.follow).to.equal(200);
    expect(deaths.halfWay).to.be.above(50);
  });
});

function say(text: string): void {
  process.stdout.write(`      ${text}\n`);
}
