// What a node or DEPLOYMENTS can get wrong: one clear sentence or a wait, never a wrong row, and then it goes on.
import { expect } from "chai";
import type { SyncDeps } from "#indexer/sync.ts";
import { Fault } from "#server/domain/failure.ts";
import { type Chain, openChains } from "#server/platform/chain.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import type { Deployment } from "#server/platform/env.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { syncOutcome } from "../support/catch-up.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { startIndexer } from "../support/indexer-process.ts";
import { compareDumps } from "../support/judged-mirror.ts";
import { dumpMirror } from "../support/mirror.ts";
import { chanceOf } from "../support/seeded.ts";
import { openStrangeNode, type StrangeNode, type Strangeness } from "../support/strange-node.ts";

const BLOCKS = 6;
const ACTS = 4;
const PROCESS_LIMIT_MS = 60_000;
const CENTURY_SECONDS = 100 * 365.25 * 24 * 3_600;
const MEGABYTE = 1_024 * 1_024;
const GIANT_MEGABYTES = 66;

/** Says nothing about calls of other methods. */
const to = (method: string, answer: unknown): Strangeness => ({
  answer: (call, one) => (call.method === method ? { ...one, result: answer } : one),
});

/** Changes what a method answers, log by log or as a block. */
const change = (
  method: string,
  by: (item: Record<string, unknown>) => Record<string, unknown>,
): Strangeness => ({
  answer: (call, one) => {
    if (call.method !== method || one.result === null) return one;
    const result: unknown = one.result;
    const all = Array.isArray(result) ? result.map(by) : by(result as Record<string, unknown>);
    return { ...one, result: all };
  },
});

const json = (text: (said: string) => string): Strangeness => ({
  whole: (response, said) => response.setHeader("content-type", "application/json").end(text(said)),
});

const html = (status: number): Strangeness => ({
  whole: (response) => {
    response.statusCode = status;
    response.setHeader("content-type", "text/html").end("<html>Sign in to go on</html>");
  },
});

const LOGS = "eth_getLogs";
const BLOCK = "eth_getBlockByNumber";
const NO_ANSWER = /does not answer/;
const NO_BLOCK = /not a block/;
const NO_LOGS = /not a list of logs/;

const STRANGE: Record<string, [Strangeness, RegExp]> = {
  "a page instead of JSON": [html(200), NO_ANSWER],
  "a gateway's error page": [html(502), NO_ANSWER],
  "half an answer": [json((said) => said.slice(0, said.length / 2)), NO_ANSWER],
  "an answer that is no list": [json(() => "null"), /./],
  "an empty list": [json(() => "[]"), /not JSON-RPC/],
  "no result": [json((said) => said.replaceAll('"result"', '"answer"')), /not/],
  "null for logs": [to(LOGS, null), NO_LOGS],
  "words for logs": [to(LOGS, "none"), NO_LOGS],
  "logs of null": [to(LOGS, [null]), NO_LOGS],
  "logs without topics": [change(LOGS, (log) => ({ ...log, topics: null })), NO_LOGS],
  "a log's number in words": [change(LOGS, (log) => ({ ...log, logIndex: "two" })), NO_LOGS],
  "data cut short": [change(LOGS, (log) => ({ ...log, data: "0x12" })), NO_LOGS],
  "a word for a block": [to(BLOCK, "latest"), NO_BLOCK],
  "a block without a hash": [change(BLOCK, (block) => ({ ...block, hash: null })), NO_BLOCK],
  "a number that is none": [change(BLOCK, (block) => ({ ...block, number: "many" })), NO_BLOCK],
  "a time beyond all dates": [
    change(BLOCK, (block) => ({ ...block, timestamp: `0x${"f".repeat(16)}` })),
    NO_BLOCK,
  ],
};

describe("bad input", () => {
  let busy: BusyChain;
  let node: StrangeNode;
  let database: TestDatabase;
  let db: Db;
  const log = createLog({ name: "test", level: "silent" });
  before(async () => {
    // A chain whose clock is half a century slow.
    busy = await openBusyChain({ chance: chanceOf(11), finality: 3, startsAt: 100_000 });
    for (let at = 0; at < BLOCKS; at += 1) await busy.block(ACTS);
    node = await openStrangeNode(busy.url);
    database = await createDatabase();
    const open = { url: database.url, log, connectionsMax: 2 };
    db = await openDb({ ...open, role: "stagedoor_indexer" });
  });
  afterEach(() => node.be({}));
  after(async () => {
    await node?.close();
    await db?.close();
    await database?.drop();
    await busy?.stop();
  });

  function depsOf(changes: Partial<Deployment> = {}): SyncDeps {
    const deployment = { ...busy.deployment, rpcUrl: node.url, ...changes };
    const chain = [...openChains([deployment]).values()][0] as Chain;
    return { db, chain, log, metrics: createMetrics("strange") };
  }

  async function expectTrue(): Promise<void> {
    expect(compareDumps(await dumpMirror(db), await freshMirror(busy.chain))).to.deep.equal([]);
  }

  async function expectNothing(): Promise<void> {
    expect(Object.values(await dumpMirror(db)).flat()).to.deep.equal([]);
  }

  for (const [name, [strangeness, sentence]] of Object.entries(STRANGE)) {
    it(`from a node, ${name}, is a fault with a sentence, and nothing of it is mirrored`, async () => {
      node.be(strangeness);
      const outcome = await syncOutcome(depsOf());
      expect(outcome).to.be.instanceOf(Fault);
      expect((outcome as Fault).message).to.match(sentence);
      await expectNothing();
    });
  }

  it("from a node, an answer larger than the memory it may have, is asked for in smaller ranges", async () => {
    const giant = Buffer.alloc(MEGABYTE, " ");
    node.be({
      whole: (response, said) => {
        if (!said.includes('"topics"')) return response.end(said);
        response.write(said.slice(0, 1));
        for (let part = 0; part < GIANT_MEGABYTES; part += 1) response.write(giant);
        response.end(said.slice(1));
      },
    });
    expect(await syncOutcome(depsOf())).to.be.instanceOf(Error);
    await expectNothing();
    expect(node.asked(LOGS)).to.be.above(3);
  });

  it("from DEPLOYMENTS is one sentence and exit code 1, or a wait that is told", async () => {
    const { url: databaseUrl } = database;
    const endOf = async (changes: Partial<Deployment>) => {
      const deployments = [{ ...busy.deployment, ...changes }];
      const indexer = await startIndexer({ databaseUrl, deployments });
      const { code } = await indexer.ended;
      return `${code} ${indexer.said().trim()}`;
    };
    const nobody = `0x${"12".repeat(20)}` as const;
    const [other, empty, silent] = await Promise.all([
      endOf({ chainId: 1 }),
      endOf({ tickets: nobody }),
      endOf({ rpcUrl: "http://127.0.0.1:9" }),
    ]);
    expect(other).to.match(/^1 The RPC of deployment 1 serves chain 84532, not 1: correct/);
    expect(empty).to.match(/^1 There is no contract at 0x1212\w+ on chain 84532: correct/);
    expect(silent).to.match(/^1 The RPC of deployment 1 does not answer: check rpcUrl/);
    const ahead = { ...busy.deployment, startBlock: 1_000_000 };
    const waiting = await startIndexer({ databaseUrl, deployments: [ahead] });
    const { err } = await waiting.line("the mirror waits");
    expect(String((err as Error).message)).to.include(
      "has not come to the deployment's startBlock",
    );
    expect(await waiting.metric("stagedoor_mirror_rpc_errors_total", { kind: "behind" })).to.equal(
      1,
    );
    expect(await waiting.stop()).to.equal(0);
    await expectNothing();
  }).timeout(PROCESS_LIMIT_MS);

  it("from a database whose disk is full is a fault, and the range is written once there is room", async () => {
    const owner = await openDb({ url: database.url, log, connectionsMax: 1, role: "owner" });
    try {
      await owner.query({
        text: `CREATE FUNCTION mirror.no_room() RETURNS trigger LANGUAGE plpgsql AS $$
               BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`,
      });
      await owner.query({
        text: `CREATE TRIGGER no_room BEFORE INSERT ON mirror.transfer
               FOR EACH STATEMENT EXECUTE FUNCTION mirror.no_room()`,
      });
      const outcome = await syncOutcome(depsOf());
      expect(outcome).to.be.instanceOf(Fault);
      expect((outcome as Fault).code).to.equal("server/unavailable");
      expect((await dumpMirror(db)).transfer).to.deep.equal([]);
      await owner.query({ text: "DROP FUNCTION mirror.no_room CASCADE" });
      expect(await syncOutcome(depsOf())).to.equal("caught up");
      await expectTrue();
    } finally {
      await owner.close();
    }
  });

  it("from a chain's clock, decades slow or fast, is mirrored as it is", async () => {
    await busy.passTime(CENTURY_SECONDS);
    await busy.block(ACTS);
    expect(await syncOutcome(depsOf())).to.equal("caught up");
    await expectTrue();
    const { rows } = await db.query<{ first: Date; last: Date }>({
      text: "SELECT min(mined_at) AS first, max(mined_at) AS last FROM mirror.block",
    });
    const { rows: events } = await db.query<{ created: Date }>({
      text: "SELECT created_at AS created FROM mirror.event",
    });
    expect(events[0]?.created.getUTCFullYear()).to.equal(1970);
    expect(rows[0]?.last.getUTCFullYear()).to.equal(2070);
  });
});
