// Found: who joined while a block's facts were told heard a head after all of them, and cut off then it missed some.
import { expect } from "chai";
import type { Chains } from "#server/platform/chain.ts";
import { type Db, openDb, type Sql } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type FactListener, openFactProcess } from "../support/fact-process.ts";
import { until } from "../support/redis-server.ts";
import { ScriptedChain } from "../support/scripted-chain.ts";

/** As many as are read at once, so that the rest of the block is read after them. */
const PAGE = 500;
const MANY = PAGE + 100;
const log = createLog({ name: "test", level: "silent" });

describe("a head within a block", () => {
  let database: TestDatabase;
  let indexer: Db;
  let server: Db;
  before(async () => {
    database = await createDatabase();
    const open = { url: database.url, log, connectionsMax: 4 };
    indexer = await openDb({ ...open, role: "stagedoor_indexer", schema: "mirror" });
    server = await openDb({ ...open, role: "stagedoor_server", readsByIndex: true });
  });
  after(async () => {
    await Promise.all([indexer, server].map((db) => db.close()));
    await database.drop();
  });

  const isLive = ({ events }: FactListener) => events.some(({ event }) => event === "head");
  const factsOf = ({ events }: FactListener) =>
    events.filter(({ event }) => event === "fact").map(({ id }) => id);

  /** The server's own, whose questions about facts after the first page wait for a word. */
  function halting() {
    const word = Promise.withResolvers<void>();
    let halted = 0;
    const query: Sql["query"] = async (statement) => {
      const isWithin = statement.name === "facts-after" && statement.values?.[2] === PAGE - 1;
      if (isWithin) halted += 1;
      if (isWithin) await word.promise;
      return server.query(statement);
    };
    return { db: { ...server, query }, isHalted: () => halted > 0, goOn: word.resolve };
  }

  it("is told only once all of the block is", async () => {
    const chain = new ScriptedChain();
    await chain.mirror(indexer, log);
    const { db, isHalted, goOn } = halting();
    const feed = openFactProcess({ db, log, chains: new Map([[1, {}]]) as never as Chains });
    const live = feed.listen();
    await until("the head", async () => isLive(live));
    chain.head = chain.branch(chain.head, [MANY]);
    await chain.mirror(indexer, log);
    await until("a page", async () => isHalted() && factsOf(live).length === PAGE);
    const ids = chain.factIds();
    const places = [undefined, "start", ids[PAGE - 1], ids[PAGE - 2], `1.2.0x${"ab".repeat(32)}`];
    const who = places.map((place) => feed.listen(place));
    const heard = who.map(({ events }) => events.length);
    expect(who.filter(isLive)).to.deep.equal([]);
    expect(heard, "nor a reset, from which the rest would be left out").to.deep.equal(
      places.map(() => 0),
    );
    goOn();
    for (const [at, listener] of who.entries()) {
      await until(`the head of ${places[at]}`, async () => isLive(listener));
    }
    feed.stop();
    const heads = who.map(({ events }) => events.at(-1));
    for (const head of heads) expect(head).to.include({ id: `1.2.${chain.head.hash}` });
    expect(who.map(factsOf)).to.deep.equal([[], ids, ids.slice(PAGE), ids.slice(PAGE - 1), []]);
  });
});
