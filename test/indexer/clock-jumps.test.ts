// The wall clock of an indexer is set an hour on, a day back, ten years on: nothing waits, and the lead stays.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { type IndexerProcess, startIndexer } from "../support/indexer-process.ts";
import { type JudgedMirror, openJudgedMirror } from "../support/judged-mirror.ts";
import { CLOCK_SET, JUMPS_MS } from "../support/jumping-clock.ts";
import { chanceOf } from "../support/seeded.ts";
import { openStrangeNode, type StrangeNode } from "../support/strange-node.ts";

const CLOCK = pathToFileURL(join(repositoryRoot, "test/support/jumping-clock.ts")).href;
const BLOCKS_FIRST = 40;
const ACTS = 3;
const FINALITY = 20;
const LIMIT_MS = 30_000;
const SUITE_LIMIT_MS = 120_000;
const JUMP_EVERY_MS = 20;
/** What a poll and a slow machine may take; an hour it is not. */
const SOON_MS = 5_000;
/** One in which the clock goes on, and one in which it goes back. */
const OUTAGES = 2;
const OUTAGE_MS = 1_000;
/** The longest that a node is left alone, and what comes after. */
const REST_MS = 10_000 + SOON_MS;

describe("an indexer whose clock is set", function () {
  this.timeout(SUITE_LIMIT_MS);
  let busy: BusyChain;
  let node: StrangeNode;
  let mirror: JudgedMirror;
  const alive: IndexerProcess[] = [];
  before(async () => {
    busy = await openBusyChain({ chance: chanceOf(51), finality: FINALITY });
    for (let at = 0; at < BLOCKS_FIRST; at += 1) await busy.block(ACTS);
    node = await openStrangeNode(busy.url);
    mirror = await openJudgedMirror();
  });
  after(async () => {
    for (const each of alive) await each.kill();
    await mirror?.close();
    await node?.close();
    await busy?.stop();
  });

  async function begin(): Promise<IndexerProcess> {
    const indexer = await startIndexer({
      ...{
        databaseUrl: mirror.databaseUrl,
        deployments: [{ ...busy.deployment, rpcUrl: node.url, wsUrl: busy.wsUrl }],
      },
      env: { NODE_OPTIONS: `--import ${CLOCK}`, CLOCK_JUMPS: "1" },
    });
    alive.push(indexer);
    return indexer;
  }

  const first = () => alive[0] as IndexerProcess;
  const jump = (indexer = first()) => indexer.signal("SIGUSR2");
  const jumped = () => Number(first().lines.findLast(({ msg }) => msg === CLOCK_SET)?.jumps ?? 0);
  const led = (indexer: IndexerProcess) =>
    indexer.lines.filter(({ msg }) => msg === "leads").length;

  async function expectSound(): Promise<void> {
    const lag = await first().metric("stagedoor_mirror_lag_blocks");
    expect(lag).to.be.within(0, busy.blocks.size);
    expect([led(first()), await first().metric("stagedoor_mirror_leads")]).to.deep.equal([1, 1]);
    expect(await first().metric("stagedoor_mirror_lead_faults_total")).to.equal(0);
  }

  it("backfills through it", async () => {
    const indexer = await begin();
    await indexer.line("leads");
    let isOver = false;
    const jumping = (async () => {
      while (!isOver) {
        jump();
        await systemClock.sleep(JUMP_EVERY_MS);
      }
    })();
    await mirror.reaches(busy.tip(), LIMIT_MS);
    isOver = true;
    await jumping;
    await expectSound();
    expect(await mirror.differences(busy)).to.deep.equal([]);
  });

  it("follows within seconds after each jump, and leads all the time", async () => {
    for (const _jump of JUMPS_MS) {
      jump();
      expect(await mirror.reaches(await busy.block(ACTS), LIMIT_MS)).to.be.below(SOON_MS);
      await expectSound();
    }
  });

  it("waits for a node that is away as long as ever, whichever way the clock went", async () => {
    const waits: number[] = [];
    // An hour fast: a day back and ten years on are what comes next, wherever the backfill ended.
    while (jumped() % JUMPS_MS.length !== 1) {
      const before = jumped();
      jump();
      while (jumped() === before) await systemClock.sleep(JUMP_EVERY_MS);
    }
    for (let outage = 0; outage < OUTAGES; outage += 1) {
      node.be({ whole: (response) => response.destroy() });
      await systemClock.sleep(OUTAGE_MS);
      jump();
      await systemClock.sleep(OUTAGE_MS);
      node.be({});
      waits.push(Math.round(await mirror.reaches(await busy.block(ACTS), LIMIT_MS)));
      await expectSound();
    }
    process.stdout.write(`      goes on after ${waits.join(", ")} ms\n`);
    expect(Math.max(...waits)).to.be.below(REST_MS);
    // Its clock really was elsewhere.
    const days = new Set(first().lines.map(({ time }) => String(time ?? "").slice(0, 10)));
    expect([...days].filter((day) => day !== "")).to.have.length.above(1);
  });

  it("is followed by the next one within five seconds, whatever that one's clock shows", async () => {
    const second = await begin();
    await second.line("another process leads; this one waits");
    jump(second);
    jump(second);
    await first().kill();
    const startMs = systemClock.monotonicMs();
    await second.line("leads");
    jump(second);
    await mirror.reaches(await busy.block(ACTS), LIMIT_MS);
    expect(systemClock.monotonicMs() - startMs).to.be.below(SOON_MS);
    expect(await mirror.differences(busy)).to.deep.equal([]);
  });
});
