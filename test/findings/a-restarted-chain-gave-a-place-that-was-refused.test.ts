// Found: a local chain that began anew took back its first block, and the place before that was refused for ever.
import { expect } from "chai";
import type { Chains } from "#server/platform/chain.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type FactListener, type FactProcess, openFactProcess } from "../support/fact-process.ts";
import { until } from "../support/redis-server.ts";
import { ScriptedChain } from "../support/scripted-chain.ts";

const log = createLog({ name: "test", level: "silent" });

describe("the facts of a local chain that began anew", () => {
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
    feed = openFactProcess({ db: server, log, chains: new Map([[1, {}]]) as never as Chains });
    chain = new ScriptedChain({ chainId: LOCAL_CHAIN_ID, startBlock: 0 });
    await goTo(chain.branch(chain.head, [2, 1]));
  });
  afterEach(async () => {
    feed.stop();
    await Promise.all([indexer, server].map((db) => db.close()));
    await database.drop();
  });

  async function goTo(head: ScriptedChain["head"]): Promise<void> {
    chain.head = head;
    await chain.mirror(indexer, log);
  }

  async function restart(): Promise<void> {
    chain.restart();
    await chain.mirror(indexer, log);
  }

  const has = ({ events }: FactListener, wanted: string) =>
    events.some(({ event }) => event === wanted);

  async function listen(after: string): Promise<FactListener> {
    const listener = feed.listen(after);
    await until("the head", async () => has(listener, "head"));
    return listener;
  }

  it("are told from the first on to who listened and comes back", async () => {
    const live = await listen("start");
    await restart();
    await until("the way back", async () => has(live, "undone"));
    const place = live.events.at(-1);
    expect(place?.data.afterBlock, "forget all").to.equal(-1);
    live.leave();
    await goTo(chain.branch(chain.head, [1, 2]));
    const { events } = await listen(place?.id ?? "none");
    const facts = events.filter(({ event }) => event === "fact").map(({ id }) => id);
    expect(facts).to.deep.equal(chain.factIds());
  });

  it("are told from the first on to who was away", async () => {
    const place = chain.factIds().at(-1) as string;
    await restart();
    await goTo(chain.branch(chain.head, [3]));
    const { events } = await listen(place);
    expect(events.map(({ event }) => event)).to.deep.equal([
      ...["undone", "fact", "fact", "fact", "head"],
    ]);
    expect(events[0]?.data.afterBlock, "forget all").to.equal(-1);
    // Cut off after its first word.
    const again = await listen(events[0]?.id ?? "none");
    expect(again.events).to.deep.equal(events.slice(1));
  });
});
