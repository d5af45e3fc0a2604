// Two hundred reorgs, and programs that follow the facts: whoever forgets what is undone knows the chain at the end.
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import {
  type FactListener,
  type FactProcess,
  openFactProcess,
  replayFacts,
  type SaidFact,
} from "../support/fact-process.ts";
import { type IndexerProcess, startIndexer } from "../support/indexer-process.ts";
import { type JudgedMirror, openJudgedMirror } from "../support/judged-mirror.ts";
import { type Chance, chanceOf } from "../support/seeded.ts";
import { seedOr } from "../support/variables.ts";

const REORGS = 200;
const DEPTH_MAX = 16;
const FINALITY = 24;
const BLOCKS_FIRST = 30;
const ACTS_PER_BLOCK = 6;
const BLOCKS_MAX = 4;
const RECOVERY_LIMIT_MS = 20_000;
const POLL_MS = 20;
const SEED = seedOr(20_261_123);

/** One who follows through many connections; what it was told is one list. */
interface Follower {
  name: string;
  told: SaidFact[];
  connection: FactListener | undefined;
  /** Moves on to another connection, or none, by chance. */
  restless: boolean;
  isFull: () => boolean;
}

describe("following facts through reorgs", function () {
  this.timeout(10 * 60_000);
  const chance: Chance = chanceOf(SEED);
  let busy: BusyChain;
  let mirror: JudgedMirror;
  let indexer: IndexerProcess;
  let db: Db;
  const processes: FactProcess[] = [];
  before(async () => {
    busy = await openBusyChain({ chance, finality: FINALITY });
    for (let at = 0; at < BLOCKS_FIRST; at += 1) await busy.block(ACTS_PER_BLOCK);
    mirror = await openJudgedMirror();
    const { databaseUrl } = mirror;
    const deployments = [{ ...busy.deployment, wsUrl: busy.wsUrl }];
    indexer = await startIndexer({ databaseUrl, deployments });
    const log = createLog({ name: "test", level: "silent" });
    const open = { url: databaseUrl, log, connectionsMax: 8, readsByIndex: true };
    db = await openDb({ ...open, role: "stagedoor_server" });
    const chains = new Map([[busy.deployment.id, busy.chain]]);
    processes.push(...[1, 2].map(() => openFactProcess({ db, chains, log })));
  });
  after(async () => {
    for (const each of processes) each.stop();
    await indexer?.stop();
    await db?.close();
    await mirror?.close();
    await busy?.stop();
  });

  function connect(follower: Follower): void {
    const feed = processes[chance(processes.length)] as FactProcess;
    const last = follower.told.findLast(({ id }) => id !== "")?.id ?? "start";
    follower.connection = feed.listen(last, () => !follower.isFull());
  }

  /** What the connection said is the follower's from now on. */
  function collect({ told, connection }: Follower): void {
    told.push(...(connection?.events.splice(0) ?? []));
  }

  function moveOn(follower: Follower): void {
    collect(follower);
    const isGone = follower.connection === undefined || follower.connection.isEnded();
    if (!isGone && (!follower.restless || chance(3) > 0)) return;
    follower.connection?.leave();
    collect(follower);
    follower.connection = undefined;
    if (!follower.restless || chance(2) === 0) connect(follower);
  }

  it("leaves everybody with the facts of the chain, each once and in order", async () => {
    const never = () => false;
    const plain = { told: [], connection: undefined, restless: false, isFull: never };
    const followers: Follower[] = [
      { ...plain, told: [], name: "stays" },
      { ...plain, told: [], name: "comes and goes", restless: true },
      { ...plain, told: [], name: "reads slowly", isFull: () => chance(40) === 0 },
    ];
    for (const follower of followers) connect(follower);
    for (let round = 0; round < REORGS; round += 1) {
      for (let at = chance(BLOCKS_MAX); at >= 0; at -= 1) await busy.block(ACTS_PER_BLOCK);
      for (const follower of followers) moveOn(follower);
      const tip = await busy.reorg(1 + chance(DEPTH_MAX));
      // Not each time: a reorg may also come while the last one is taken back.
      if (chance(3) > 0) await mirror.reaches(tip, RECOVERY_LIMIT_MS);
      for (const follower of followers) moveOn(follower);
    }
    const tip = await busy.block(ACTS_PER_BLOCK);
    await mirror.reaches(tip, RECOVERY_LIMIT_MS);
    const right = await wholeStory();
    for (const follower of followers) await judge(follower, right, Number(tip.number));
  });

  async function wholeStory(): Promise<string[]> {
    const { rows } = await db.query<{ facts: number }>({
      text: `SELECT sum(count)::int AS facts FROM (
               SELECT count(*) FROM mirror.transfer UNION ALL SELECT count(*) FROM mirror.sale
               UNION ALL SELECT count(*) FROM mirror.check_in
               UNION ALL SELECT count(*) FROM mirror.ticket_void
               UNION ALL SELECT count(*) FROM mirror.order_paid
               UNION ALL SELECT count(*) FROM mirror.escrow_entry
               UNION ALL SELECT count(*) FROM mirror.royalty
               UNION ALL SELECT count(*) FROM mirror.payout) AS counted`,
    });
    // Nothing comes any more; a process may still be on its way to the last block.
    const reader = (processes[0] as FactProcess).listen("start");
    await until(() => replayFacts(reader.events).length === rows[0]?.facts);
    reader.leave();
    return replayFacts(reader.events);
  }

  async function judge(follower: Follower, right: readonly string[], tip: number): Promise<void> {
    follower.isFull = () => false;
    follower.restless = false;
    await until(() => {
      moveOn(follower);
      return replayFacts(follower.told).at(-1) === right.at(-1);
    });
    const undone = follower.told.filter(({ event }) => event === "undone").length;
    const facts = follower.told.filter(({ event }) => event === "fact").length;
    process.stdout.write(
      `      seed ${SEED}, ${follower.name}: told ${facts} facts and ${undone} times to go back; ` +
        `knows ${right.length} up to block ${tip}\n`,
    );
    const known = replayFacts(follower.told);
    const missing = right.filter((id) => !known.includes(id));
    const extra = known.filter((id, at) => !right.includes(id) || known.indexOf(id) !== at);
    expect({ missing, extra }, follower.name).to.deep.equal({ missing: [], extra: [] });
    expect(known).to.deep.equal(right);
    expect(undone).to.be.above(0);
    expect(follower.told.some(({ event }) => event === "reset")).to.equal(false);
  }

  async function until(fits: () => boolean): Promise<void> {
    const endMs = systemClock.monotonicMs() + RECOVERY_LIMIT_MS;
    while (!fits()) {
      if (systemClock.monotonicMs() > endMs) throw new Error("the facts did not come");
      await systemClock.sleep(POLL_MS);
    }
  }
});
