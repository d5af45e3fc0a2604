// Rounds of a chain that changes and of followers who come and go: after each all must know what the chain has.
import type { Chains } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb, type Sql } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { ChainWalk, type WalkDeps } from "./chain-walk.ts";
import { createDatabase } from "./database.ts";
import { FactCrowd } from "./fact-crowd.ts";
import { openFactProcess } from "./fact-process.ts";
import { type Chance, chanceOf } from "./seeded.ts";

const ACTS = { least: 4, most: 11 };
const STAYING_MAX = 6;
const PAUSE_MAX_MS = 60;
const DELAY_MAX_MS = 12;
/** Many times what a busy machine takes. */
const REST_LIMIT_MS = 20_000;
const POLL_MS = 5;
const WRONGS_SHOWN_MAX = 5;
/** What the feed asks of the database, and what a slow one delays. */
const DELAYED: ReadonlySet<string | undefined> = new Set(["facts-after", "mirror-heads"]);
const log = createLog({ name: "test", level: "silent" });

export interface RoundsPlayed {
  followers: number;
  facts: number;
  undone: number;
  /** Each to who came with a place that no chain ever had. */
  resets: number;
  slowestRestMs: number;
  /** All of it for the one line of a test. */
  line: string;
}

interface Playing {
  walk: ChainWalk;
  crowd: FactCrowd;
  chance: Chance;
}

/**
 * What the chain does and who comes and goes is of the seed. Which of two answers is first is not:
 * a failure may need some runs with its seed to come again.
 */
export async function playFactRounds(given: {
  seed: number;
  rounds: number;
}): Promise<RoundsPlayed> {
  const { seed } = given;
  const database = await createDatabase();
  const open = { url: database.url, log, connectionsMax: 8 };
  const indexer = await openDb({ ...open, role: "stagedoor_indexer", schema: "mirror" });
  const server = await openDb({ ...open, role: "stagedoor_server", readsByIndex: true });
  const chains = new Map([[1, {}]]) as never as Chains;
  // Each of its own, so that how many questions there are moves no other.
  const chanceFor = (what: number) => chanceOf(4 * seed + what);
  const db = delayed(server, chanceFor(0));
  const processes = [1, 2].map(() => openFactProcess({ db, log, chains }));
  try {
    const mirror: WalkDeps["mirror"] = (chain) => chain.mirror(indexer, log);
    const walk = new ChainWalk({ chance: chanceFor(1), mirror });
    const crowd = new FactCrowd({ chance: chanceFor(2), processes });
    return await play({ walk, crowd, chance: chanceFor(3) }, given);
  } finally {
    for (const each of processes) each.stop();
    await Promise.all([indexer.close(), server.close()]);
    await database.drop();
  }
}

async function play(playing: Playing, { seed, rounds }: { seed: number; rounds: number }) {
  const { walk, crowd } = playing;
  let slowestRestMs = 0;
  await walk.goTo(walk.chain.head);
  for (let round = 1; round <= rounds; round += 1) {
    await act(playing);
    slowestRestMs = Math.max(slowestRestMs, await comeToRest(playing, `round ${round}`));
    crowd.leaveBut(STAYING_MAX);
  }
  crowd.leaveBut(0);
  requireNothingWrong(playing, "the end");
  const { followers, facts, undone, resets } = crowd.said;
  const line =
    `seed ${seed}: ${rounds} rounds, ${followers} followers, told ${facts} facts, ${undone} times ` +
    `to go back, ${resets} resets; slowest at rest in ${Math.round(slowestRestMs)} ms`;
  return { followers, facts, undone, resets, slowestRestMs, line };
}

async function act({ walk, crowd, chance }: Playing): Promise<void> {
  const acts = ACTS.least + chance(ACTS.most - ACTS.least + 1);
  for (let done = 0; done < acts; done += 1) {
    const what = chance(100);
    if (what < 60) await walk.step();
    else if (what < 80) crowd.join();
    else if (what < 90) crowd.leave();
    else await systemClock.sleep(chance(PAUSE_MAX_MS));
  }
  if (chance(20) > 0) return;
  // Without anybody the feed stops reading, and begins anew with who comes next.
  crowd.leaveBut(0);
  crowd.join();
}

/** Without a further block, which would hide that somebody waits for one; answers how long. */
async function comeToRest(playing: Playing, when: string): Promise<number> {
  const ids = playing.walk.chain.factIds();
  const begunMs = systemClock.monotonicMs();
  const restMs = () => systemClock.monotonicMs() - begunMs;
  while (!playing.crowd.isRight(ids) && restMs() < REST_LIMIT_MS) await systemClock.sleep(POLL_MS);
  requireNothingWrong(playing, when);
  return restMs();
}

function requireNothingWrong({ walk, crowd }: Playing, when: string): void {
  const wrongs = crowd.wrongs(walk.chain.factIds());
  if (wrongs.length === 0) return;
  const { head, final } = walk.chain;
  const where = `head ${head.number} ${head.hash}, final ${final.number}`;
  throw new Error(
    `${when}, ${where}: ${wrongs.length} wrong\n${wrongs.slice(0, WRONGS_SHOWN_MAX).join("\n")}`,
  );
}

/** Half of its questions reach the database late, and half of the answers the feed. */
function delayed(db: Db, chance: Chance): Db {
  const pause = async () => {
    if (chance(2) === 0) await systemClock.sleep(chance(DELAY_MAX_MS));
  };
  const query: Sql["query"] = async (statement) => {
    if (!DELAYED.has(statement.name)) return db.query(statement);
    await pause();
    const answer = await db.query(statement as never);
    await pause();
    return answer as never;
  };
  return { ...db, query };
}
