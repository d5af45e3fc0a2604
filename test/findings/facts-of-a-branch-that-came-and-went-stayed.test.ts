// Found: a reorg there and back again, while the facts were read, left the facts of the branch between for good.
import { expect } from "chai";
import type { Chains } from "#server/platform/chain.ts";
import { type Db, openDb, type Sql } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type FactListener, openFactProcess, replayFacts } from "../support/fact-process.ts";
import { until } from "../support/redis-server.ts";

const NOBODY = `0x${"00".repeat(20)}`;
const ANN = `0x${"aa".repeat(20)}`;
const TICKET = (7n << 40n) | 1n;
const FORK = 10;
const log = createLog({ name: "test", level: "silent" });

type Branch = "a" | "b" | "c";
const hashOf = (branch: Branch, number: number) =>
  `0x${branch.repeat(60)}${String(number).padStart(4, "0")}`;

describe("facts of a branch that came and went", () => {
  let database: TestDatabase;
  let owner: Db;
  let server: Db;
  let top: { branch: Branch; number: number };
  before(async () => {
    database = await createDatabase();
    const open = { url: database.url, log, connectionsMax: 4 };
    owner = await openDb({ ...open, role: "owner", schema: "mirror" });
    server = await openDb({ ...open, role: "stagedoor_server", readsByIndex: true });
  });
  beforeEach(async () => {
    for (const name of ["cursor", "block", "orphan", "transfer"]) {
      await owner.query({ text: `DELETE FROM ${name}` });
    }
    const values = [hashOf("a", FORK)];
    await owner.query({
      text: "INSERT INTO block VALUES (1, 10, $1, '0x', now())",
      values,
    });
    await owner.query({
      text: `INSERT INTO cursor (deployment, chain_id, address, block_number, block_hash,
               final_number, head_number) VALUES (1, 1, '0x', 10, $1, 0, 10)`,
      values,
    });
    top = { branch: "a", number: FORK };
  });
  after(async () => {
    await owner.close();
    await server.close();
    await database.drop();
  });

  /** As the indexer writes it: one transaction for what goes, one for what comes. */
  async function become(branch: Branch, number: number, mints: number): Promise<void> {
    await owner.transaction(async (sql) => {
      await sql.query({
        text: `INSERT INTO orphan SELECT deployment, number, hash, parent_hash FROM block
               WHERE number > ${FORK} ON CONFLICT DO NOTHING`,
      });
      for (const name of ["transfer", "block"]) {
        const column = name === "block" ? "number" : "block_number";
        await sql.query({ text: `DELETE FROM ${name} WHERE ${column} > ${FORK}` });
      }
      await moveCursor(sql, "a", FORK);
    });
    await owner.transaction(async (sql) => {
      for (let block = FORK + 1; block <= number; block += 1) {
        const parent = block === FORK + 1 ? hashOf("a", FORK) : hashOf(branch, block - 1);
        await sql.query({
          text: "INSERT INTO block VALUES (1, $1, $2, $3, now())",
          values: [block, hashOf(branch, block), parent],
        });
      }
      for (let at = 0; at < mints; at += 1) await mint(sql, branch, number, at);
      await moveCursor(sql, branch, number);
      await sql.query({ text: "SELECT pg_notify('mirror', '1')" });
    });
    top = { branch, number };
  }

  const moveCursor = (sql: Sql, branch: Branch, number: number) =>
    sql.query({
      text: "UPDATE cursor SET block_number = $1, block_hash = $2",
      values: [number, hashOf(branch, number)],
    });
  const mint = (sql: Sql, branch: Branch, number: number, at: number) =>
    sql.query({
      text: "INSERT INTO transfer VALUES (1, $1, $2, $3, $4, now(), $5, $1, $6)",
      values: [hashOf(branch, number), TICKET + BigInt(at), NOBODY, ANN, number, at],
    });

  /** The server's own, before and after whose next question about facts something happens. */
  function meddling(onFacts: { before(): Promise<void>; after(): Promise<void> }) {
    let left = 0;
    let isDone = false;
    const around = (sql: Sql): Sql => ({
      query: async (statement) => {
        if (statement.name !== "facts-after" || left === 0) return sql.query(statement);
        left -= 1;
        await onFacts.before();
        const answer = await sql.query(statement as never);
        await onFacts.after();
        isDone = true;
        return answer as never;
      },
    });
    const db: Db = {
      ...server,
      ...around(server),
      transaction: (work) => server.transaction((sql) => work({ ...sql, ...around(sql) })),
    };
    return {
      db,
      arm: () => {
        left = 1;
      },
      isOver: () => isDone,
    };
  }

  const open = (db: Db) =>
    openFactProcess({ db, log, chains: new Map([[1, {}]]) as never as Chains });
  const isLive = ({ events }: FactListener) => events.some(({ event }) => event === "head");
  const blocksOf = ({ events }: FactListener) => replayFacts(events).map((id) => id.split(".")[2]);

  async function there(): Promise<void> {
    await become("b", FORK + 2, 3);
  }
  async function back(): Promise<void> {
    await become("a", FORK + 2, 1);
  }
  /** A block on top, so that all know that they have all. */
  async function goOn(): Promise<void> {
    await owner.transaction(async (sql) => {
      const { branch, number } = top;
      await sql.query({
        text: "INSERT INTO block VALUES (1, $1, $2, $3, now())",
        values: [number + 1, hashOf(branch, number + 1), hashOf(branch, number)],
      });
      await mint(sql, branch, number + 1, 7);
      await moveCursor(sql, branch, number + 1);
      await sql.query({ text: "SELECT pg_notify('mirror', '1')" });
    });
  }
  const truth = [hashOf("a", FORK + 2), hashOf("a", FORK + 3)];

  it("are no facts to who listens", async () => {
    const { db, arm, isOver } = meddling({ before: there, after: back });
    const feed = open(db);
    const live = feed.listen("start");
    await until("the head", async () => isLive(live));
    arm();
    await back();
    await until("there and back again", async () => isOver());
    await goOn();
    await until("the last fact", async () => blocksOf(live).at(-1) === truth.at(-1));
    feed.stop();
    expect(blocksOf(live)).to.deep.equal(truth);
  });

  it("are taken back although only the way there was new", async () => {
    const { db, arm, isOver } = meddling({ before: there, after: back });
    const feed = open(db);
    const live = feed.listen("start");
    await until("the head", async () => isLive(live));
    arm();
    await back();
    await until("there and back again", async () => isOver());
    await until("the way back", async () => blocksOf(live).join() === truth[0]);
    feed.stop();
  });

  it("are no facts to who comes late", async () => {
    const { db, arm, isOver } = meddling({ before: there, after: back });
    await back();
    const feed = open(db);
    const first = feed.listen();
    await until("the head", async () => isLive(first));
    arm();
    const late = feed.listen("start");
    await until("there and back again", async () => isOver());
    await goOn();
    await until("the last fact", async () => blocksOf(late).at(-1) === truth.at(-1));
    feed.stop();
    expect(blocksOf(late)).to.deep.equal(truth);
  });

  it("are taken back from who comes late, although no block comes after them", async () => {
    const { db, arm, isOver } = meddling({ before: there, after: back });
    await back();
    // What is heard late is there and back again by then.
    const feed = open({ ...db, listen: () => undefined });
    const first = feed.listen();
    await until("the head", async () => isLive(first));
    arm();
    const late = feed.listen("start");
    await until("there and back again", async () => isOver());
    await until("its head", async () => isLive(late));
    feed.stop();
    expect(blocksOf(late)).to.deep.equal(truth.slice(0, 1));
  });
});
