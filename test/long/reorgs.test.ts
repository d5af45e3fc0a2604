// Two hundred reorgs of up to 32 blocks while tickets change hands: the mirror is the chain at the end (P10).
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { type IndexerProcess, startIndexer } from "../support/indexer-process.ts";
import { type JudgedMirror, openJudgedMirror } from "../support/judged-mirror.ts";
import { chanceOf } from "../support/seeded.ts";
import { seedOr } from "../support/variables.ts";

const REORGS = 200;
const DEPTH_MAX = 32;
const FINALITY = 40;
const BLOCKS_FIRST = 60;
const ACTS_PER_BLOCK = 6;
const BLOCK_EVERY_MS = 120;
const PAUSE_MAX_MS = 250;
/** The one that polls looks once a second; each of the others is waited for. */
const POLLED_EVERY = 4;
const RECOVERY_LIMIT_MS = 15_000;
const CAUGHT_UP_LIMIT_MS = 30_000;
const SEED = seedOr(20_261_122);

interface Follower {
  name: string;
  mirror: JudgedMirror;
  indexer: IndexerProcess;
  tookMs: number[];
}

describe("two hundred reorgs under load", function () {
  this.timeout(15 * 60_000);
  const chance = chanceOf(SEED);
  let busy: BusyChain;
  const followers: Follower[] = [];

  before(async () => {
    busy = await openBusyChain({ chance, finality: FINALITY });
    for (let at = 0; at < BLOCKS_FIRST; at += 1) await busy.block(ACTS_PER_BLOCK);
    const { deployment, wsUrl } = busy;
    for (const [name, each] of [
      ["WebSocket", { ...deployment, wsUrl }],
      ["polling", deployment],
    ] as const) {
      const mirror = await openJudgedMirror();
      const { databaseUrl } = mirror;
      const indexer = await startIndexer({ databaseUrl, deployments: [each] });
      followers.push({ name, mirror, indexer, tookMs: [] });
    }
    for (const { mirror } of followers) await mirror.reaches(busy.tip(), CAUGHT_UP_LIMIT_MS);
  });

  after(async () => {
    for (const { indexer, mirror } of followers) {
      await indexer.kill();
      await mirror.close();
    }
    await busy?.stop();
  });

  /** Blocks come all the time, whatever else happens to the chain. */
  function startLoad() {
    let isOver = false;
    const making = (async () => {
      while (!isOver) {
        await busy.block(ACTS_PER_BLOCK);
        await systemClock.sleep(BLOCK_EVERY_MS);
      }
    })();
    return async () => {
      isOver = true;
      await making;
    };
  }

  it("leave mirrors that are the chain row for row, by WebSocket and by polling", async () => {
    const [byWord, byAsking] = followers as [Follower, Follower];
    const endLoad = startLoad();
    let deepest = 0;
    let taken = 0;
    try {
      for (let round = 1; round <= REORGS; round += 1) {
        const depth = 1 + chance(DEPTH_MAX);
        const tip = await busy.reorg(depth);
        [deepest, taken] = [Math.max(deepest, depth), taken + depth];
        byWord.tookMs.push(await byWord.mirror.reaches(tip, RECOVERY_LIMIT_MS));
        if (round % POLLED_EVERY === 0) {
          const more = await byAsking.mirror.reaches(tip, RECOVERY_LIMIT_MS);
          byAsking.tookMs.push((byWord.tookMs.at(-1) ?? 0) + more);
        }
        await systemClock.sleep(chance(PAUSE_MAX_MS));
      }
    } finally {
      await endLoad();
    }
    const logs = [...busy.blocks.values()].flatMap((block) => block.logs);
    say(`seed ${SEED}: ${REORGS} reorgs, ${taken} blocks taken back, deepest ${deepest}`);
    say(`${busy.blocks.size} blocks and ${logs.length} logs at the end: ${tally(logs)}`);
    for (const follower of followers) await judge(follower);
  });

  async function judge({ name, mirror, indexer, tookMs }: Follower): Promise<void> {
    await mirror.reaches(busy.tip(), CAUGHT_UP_LIMIT_MS);
    const rolledBack = indexer.lines.filter(({ msg }) => msg === "rolled back");
    const counted = await indexer.metric("stagedoor_mirror_reorgs_total");
    const faults = await indexer.metric("stagedoor_mirror_faults_total");
    expect(await indexer.stop(), "exit code").to.equal(0);
    const differences = await mirror.differences(busy);
    const orphans = await mirror.orphans(busy);
    const undone = await mirror.undone(busy);
    const sorted = tookMs.toSorted((one, other) => one - other);
    const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
    say(
      `${name}: rolled back ${counted} times, ${faults} rounds failed, on the new branch after ` +
        `p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms (${sorted.length} measured)`,
    );
    say(
      `${name}: ${differences.length} differences, ${orphans.length} orphans, ` +
        `${undone.differences.length} after undoing ${undone.blocks} blocks`,
    );
    expect(differences).to.deep.equal([]);
    expect(orphans).to.deep.equal([]);
    expect(undone.differences).to.deep.equal([]);
    expect(undone.blocks).to.be.at.least(FINALITY);
    expect(rolledBack.length)
      .to.equal(counted)
      .and.to.be.above(REORGS / 8);
  }
});

function tally(logs: readonly { eventName: string }[]): string {
  const counts = new Map<string, number>();
  for (const { eventName } of logs) counts.set(eventName, (counts.get(eventName) ?? 0) + 1);
  const wanted = ["Transfer", "Sold", "CheckedIn", "OrderPaid", "Refunded", "PotDistributed"];
  return wanted.map((name) => `${name} ${counts.get(name) ?? 0}`).join(", ");
}

function say(text: string): void {
  process.stdout.write(`      ${text}\n`);
}
