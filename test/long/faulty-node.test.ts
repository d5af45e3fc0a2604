// A node that loses logs, lies, lags, hangs up and talks nonsense is found out, and nothing wrong is ever final (P11).
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { type FaultyNode, type Lie, openFaultyNode } from "../support/faulty-node.ts";
import { type FinalRows, watchFinalRows } from "../support/final-rows.ts";
import { type IndexerProcess, startIndexer } from "../support/indexer-process.ts";
import { type JudgedMirror, openJudgedMirror } from "../support/judged-mirror.ts";
import { chanceOf } from "../support/seeded.ts";
import { seedOr } from "../support/variables.ts";

const SEED = seedOr(20_261_123);
const ROUNDS = 24;
const FINALITY = 12;
const BLOCKS_FIRST = 60;
const ACTS_PER_BLOCK = 3;
const BLOCK_EVERY_MS = 400;
const ROUND_MS = 3_000;
/** A mirror that waits asks again after a second; what is asked next is about the newest blocks. */
const TRUTH_MS = 2_000;
const LAG_MAX = 8;
const REORG_MAX = 5;
const CAUGHT_UP_LIMIT_MS = 60_000;
const FAULTS = { dropped: 50, reset: 30, late: 30, garbage: 30, lateMsMax: 6_000 };
/** What one node alone says about the money in a log nobody can hold against anything. */
const LIES: Record<"alone" | "beside", readonly Lie[]> = {
  alone: ["hash", "topic"],
  beside: ["hash", "topic", "data"],
};

interface Case {
  name: "alone" | "beside";
  node: FaultyNode;
  mirror: JudgedMirror;
  indexer: IndexerProcess;
  rows: FinalRows;
}

describe("a faulty node", function () {
  this.timeout(15 * 60_000);
  const chance = chanceOf(SEED);
  let busy: BusyChain;
  const cases: Case[] = [];

  before(async () => {
    busy = await openBusyChain({ chance, finality: FINALITY });
    for (let at = 0; at < BLOCKS_FIRST; at += 1) await busy.block(ACTS_PER_BLOCK);
    for (const name of ["alone", "beside"] as const) cases.push(await openCase(name));
  });

  after(async () => {
    for (const { node, mirror, indexer, rows } of cases) {
      await indexer.kill();
      await rows.stop();
      await mirror.close();
      await node.close();
    }
    await busy?.stop();
  });

  async function openCase(name: Case["name"]): Promise<Case> {
    const node = await openFaultyNode({ url: busy.url, chance, faults: {} });
    const mirror = await openJudgedMirror();
    const { databaseUrl } = mirror;
    const more = name === "beside" ? { moreRpcUrls: [busy.url] } : {};
    const deployment = { ...busy.deployment, rpcUrl: node.url, wsUrl: node.wsUrl, ...more };
    const indexer = await startIndexer({ databaseUrl, deployments: [deployment] });
    await indexer.line("ready");
    Object.assign(node.faults, FAULTS);
    return { name, node, mirror, indexer, rows: watchFinalRows(mirror.db, busy) };
  }

  /** Everything at once for some seconds, and one more thing: it lags, or lies about a block. */
  async function misbehave({ name, node }: Case, round: number): Promise<void> {
    const lies = LIES[name];
    const lie = lies[round % (lies.length + 1)];
    if (lie === undefined) node.lag(1 + chance(LAG_MAX));
    else node.lieAbout(busy.tip().number + BigInt(chance(3)), lie);
    Object.assign(node.faults, FAULTS);
    await systemClock.sleep(ROUND_MS);
    node.heal();
    await systemClock.sleep(TRUTH_MS);
  }

  it("is found out, alone and beside an honest one, and nothing wrong is ever final", async () => {
    let isOver = false;
    const load = (async () => {
      while (!isOver) {
        await busy.block(ACTS_PER_BLOCK);
        if (chance(20) === 0) await busy.reorg(1 + chance(REORG_MAX));
        await systemClock.sleep(BLOCK_EVERY_MS);
      }
    })();
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        await Promise.all(cases.map((each) => misbehave(each, round)));
      }
    } finally {
      isOver = true;
      await load;
    }
    say(`seed ${SEED}, ${busy.blocks.size} blocks`);
    for (const each of cases) await judge(each);
  });

  it("would have been noticed, had it been believed", async () => {
    const [{ mirror }] = cases as [Case];
    const plant = { text: "UPDATE sale SET price = price + 1 WHERE block_number = $1" };
    const { rows: sales } = await mirror.db.query<{ first: bigint }>({
      text: "SELECT min(block_number) AS first FROM sale",
    });
    await mirror.db.query({ ...plant, values: [sales[0]?.first] });
    const again = watchFinalRows(mirror.db, busy);
    await again.stop();
    expect(again.wrong.join()).to.match(/^sale at/);
  });

  async function judge({ name, node, mirror, indexer, rows }: Case): Promise<void> {
    node.heal();
    await mirror.reaches(busy.tip(), CAUGHT_UP_LIMIT_MS);
    await rows.stop();
    const found: Record<string, number> = {};
    for (const kind of KINDS) {
      found[kind] = await indexer.metric("stagedoor_mirror_rpc_errors_total", { kind });
    }
    say(`${name}: the node did ${JSON.stringify(node.did)}`);
    say(`${name}: the indexer counted ${JSON.stringify(found)}`);
    const differences = await mirror.differences(busy);
    say(
      `${name}: ${rows.read.rows} rows read as final in ${rows.read.looks} looks, ` +
        `${rows.wrong.length} of them wrong; ${differences.length} differences at the end`,
    );
    expect(rows.wrong).to.deep.equal([]);
    expect(rows.read.rows).to.be.above(1_000);
    expect(differences).to.deep.equal([]);
    expect(await mirror.orphans(busy)).to.deep.equal([]);
    for (const what of DID[name]) expect(node.did[what], what).to.be.above(0);
    for (const kind of FOUND[name]) expect(found[kind], kind).to.be.above(0);
    expect(await indexer.stop(), "exit code").to.equal(0);
  }
});

const KINDS = [
  ...(["changed", "behind", "left-out", "disagrees", "contradicts"] as const),
  ...(["garbage", "silent", "refused"] as const),
];
const DID = {
  alone: [
    "dropped log",
    "another hash",
    "another topic",
    "lagging head",
    "reset",
    "late",
    "garbage",
  ],
  beside: [
    "dropped log",
    "another hash",
    "another topic",
    "other data",
    "reset",
    "late",
    "garbage",
  ],
};
/** A silence is told only when the second try meets one as well: that is for chance to say. */
const FOUND = {
  alone: ["left-out", "contradicts", "behind", "garbage"],
  beside: ["disagrees", "behind"],
} as const;

function say(text: string): void {
  process.stdout.write(`      ${text}\n`);
}
