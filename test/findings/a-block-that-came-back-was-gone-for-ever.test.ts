// Found: a block that a reorg took and another gave back was an orphan once pruned, and its facts came endlessly.
import { expect } from "chai";
import type { Chains } from "#server/platform/chain.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type FactListener, type FactProcess, openFactProcess } from "../support/fact-process.ts";
import { until } from "../support/redis-server.ts";
import { ScriptedChain } from "../support/scripted-chain.ts";

/** As many as are read at once: the next question is asked from the last of them. */
const PAGE = 500;
const log = createLog({ name: "test", level: "silent" });

describe("a block that came back", () => {
  let database: TestDatabase;
  let indexer: Db;
  let server: Db;
  let feed: FactProcess;
  let chain: ScriptedChain;
  beforeEach(async () => {
    database = await createDatabase();
    const open = { url: database.url, log, connectionsMax: 4 };
    indexer = await openDb({ ...open, role: "stagedoor_indexer", schema: "mirror" });
    server = await openDb({ ...open, role: "stagedoor_server", readsByIndex: true });
    const chains = new Map([[1, {}]]) as never as Chains;
    feed = openFactProcess({ db: server, log, chains });
    chain = new ScriptedChain();
  });
  afterEach(async () => {
    feed.stop();
    await Promise.all([indexer, server].map((db) => db.close()));
    await database.drop();
  });

  const isLive = ({ events }: FactListener) => events.some(({ event }) => event === "head");

  async function goTo(head: ScriptedChain["head"]): Promise<void> {
    chain.head = head;
    await chain.mirror(indexer, log);
  }

  /** Takes the chain there and back, and ends with all of it but the last block forgotten. */
  async function goThereAndBack({ awayUntilFinal = false } = {}): Promise<void> {
    const here = chain.branch(chain.head, [PAGE, 1]);
    const there = chain.branch(chain.head, [2]);
    await goTo(chain.head);
    await goTo(here);
    await goTo(there);
    if (!awayUntilFinal) await goTo(here);
    chain.final = chain.branch(here, [1]);
    await goTo(chain.branch(chain.final, [1]));
  }

  async function listen(after: string): Promise<FactListener> {
    const listener = feed.listen(after);
    await until("the head, or more than there is", async () => {
      return isLive(listener) || listener.events.length > 3 * PAGE;
    });
    return listener;
  }

  for (const awayUntilFinal of [false, true]) {
    const when = awayUntilFinal ? "final already" : "not final yet";
    it(`${when}: is told once to who reads from the start`, async () => {
      await goThereAndBack({ awayUntilFinal });
      const { events } = await listen("start");
      expect(events.slice(0, -1).map(({ id }) => id)).to.deep.equal(chain.factIds());
      expect(events.at(-1)?.event).to.equal("head");
    });

    it(`${when}: is no news to who has seen it`, async () => {
      await goThereAndBack({ awayUntilFinal });
      const ids = chain.factIds();
      const { events } = await listen(ids[PAGE - 2] as string);
      expect(events.slice(0, -1).map(({ id }) => id)).to.deep.equal(ids.slice(PAGE - 1));
    });
  }
});
