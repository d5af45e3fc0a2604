// Found: hashes were believed by their length, so that one with a tab in it wrote a row of other columns.
import { expect } from "chai";
import { getAbiItem, toEventSelector } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { NodeFault } from "#indexer/node-fault.ts";
import type { SyncDeps } from "#indexer/sync.ts";
import { nameOf } from "#indexer/witness.ts";
import { type Chain, openChains } from "#server/platform/chain.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { syncOutcome } from "../support/catch-up.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { compareDumps } from "../support/judged-mirror.ts";
import { dumpMirror } from "../support/mirror.ts";
import { chanceOf } from "../support/seeded.ts";
import { openStrangeNode, type StrangeNode } from "../support/strange-node.ts";

const BLOCKS = 6;
const ACTS = 4;
const RECEIPTS = "eth_getBlockReceipts";
const ROLE_GRANTED = toEventSelector(getAbiItem({ abi: ticketsAbi, name: "RoleGranted" }));
const EVENT_CREATED = toEventSelector(getAbiItem({ abi: ticketsAbi, name: "EventCreated" }));
/** Head of the data, then the terms: the plan's hash is the ninth of them. */
const PLAN_HASH_AT = 2 + 8 * 64;

type Log = Record<string, unknown> & { topics: string[]; data: string };
type Write = (log: Log) => Log;

const tab = (text: unknown) => String(text).replace(/..$/, "\t1");
const capitals = (text: unknown) => String(text).replace(/[a-f]/g, (each) => each.toUpperCase());

const of =
  (name: string, write: Write): Write =>
  (log) =>
    log.topics[0] === name ? write(log) : log;

const WRITTEN: Record<string, Write> = {
  "a tab in a transaction's hash": (log) => ({
    ...log,
    transactionHash: tab(log.transactionHash),
  }),
  "capitals in a transaction's hash": (log) => ({
    ...log,
    transactionHash: `0x${"AB".repeat(32)}`,
  }),
  "a tab in a role": of(ROLE_GRANTED, (log) => ({
    ...log,
    topics: log.topics.map((topic, at) => (at === 1 ? tab(topic) : topic)),
  })),
  "a line feed in a plan's hash": of(EVENT_CREATED, (log) => ({
    ...log,
    data: `${log.data.slice(0, PLAN_HASH_AT)}\n${log.data.slice(PLAN_HASH_AT + 1)}`,
  })),
  "a letter in an event's number": of(EVENT_CREATED, (log) => ({
    ...log,
    topics: log.topics.map((topic, at) => (at === 1 ? topic.replace(/.$/, "x") : topic)),
  })),
  "a tab in a contract's address": (log) => ({ ...log, address: tab(log.address) }),
  "another contract's address": (log) => ({ ...log, address: `0x${"7".repeat(40)}` }),
};

describe("finding: what a node writes where hex should be", () => {
  let busy: BusyChain;
  let node: StrangeNode;
  let database: TestDatabase;
  let db: Db;
  const log = createLog({ name: "test", level: "silent" });
  before(async () => {
    busy = await openBusyChain({ chance: chanceOf(41), finality: 3 });
    for (let at = 0; at < BLOCKS; at += 1) await busy.block(ACTS);
    node = await openStrangeNode(busy.url);
    database = await createDatabase();
    db = await openDb({ url: database.url, log, connectionsMax: 2, role: "stagedoor_indexer" });
  });
  afterEach(() => node.be({}));
  after(async () => {
    await node?.close();
    await db?.close();
    await database?.drop();
    await busy?.stop();
  });

  function sync(): Promise<unknown> {
    const deployment = { ...busy.deployment, rpcUrl: node.url };
    const chain = [...openChains([deployment]).values()][0] as Chain;
    const deps: SyncDeps = { db, chain, log, metrics: createMetrics("hex") };
    return syncOutcome(deps);
  }

  async function expectNothing(outcome: unknown): Promise<void> {
    expect(outcome).to.be.instanceOf(NodeFault);
    expect((outcome as NodeFault).kind).to.be.oneOf(["garbage", "contradicts"]);
    expect(Object.values(await dumpMirror(db)).flat()).to.deep.equal([]);
  }

  for (const [name, write] of Object.entries(WRITTEN)) {
    it(`is no row with ${name}, also where no receipts tell`, async () => {
      node.be({
        answer: (call, one) => {
          if (call.method === RECEIPTS) return { id: one.id, jsonrpc: "2.0", result: null };
          if (call.method !== "eth_getLogs") return one;
          return { ...one, result: (one.result as Log[]).map(write) };
        },
      });
      await expectNothing(await sync());
    });
  }

  it("is no row with a line feed or capitals in a block's hash, wherever it is written", async () => {
    const { hash } = busy.tip();
    for (const other of [hash.replace(/..$/, "\\n1"), capitals(hash)]) {
      node.be({
        whole: (response, text) => {
          response.setHeader("content-type", "application/json");
          response.end(text.replaceAll(hash, other));
        },
      });
      await expectNothing(await sync());
    }
  });

  it("is a log like another when only the case differs, and not when its contract does", async () => {
    const one = {
      ...{ address: `0x${"ab".repeat(20)}`, blockHash: "0xbc", transactionHash: "0xcd" },
      ...{ blockNumber: "0x1", logIndex: "0x0a", topics: ["0xde"], data: "0xef" },
    } as const;
    const same = { ...one, address: capitals(one.address), data: "0xEF", logIndex: "0xA" };
    expect(nameOf(one as never)).to.equal(nameOf(same as never));
    const other = { ...one, address: `0x${"ba".repeat(20)}` };
    expect(nameOf(one as never)).not.to.equal(nameOf(other as never));
  });

  it("is believed in receipts that are written in capitals, and the mirror is whole", async () => {
    node.be({
      answer: (call, one) => {
        if (call.method !== RECEIPTS) return one;
        const text = JSON.stringify(one.result).replace(
          /"(address|data)":"0x([0-9a-f]*)"/g,
          (_all, name: string, digits: string) => `"${name}":"0x${digits.toUpperCase()}"`,
        );
        return { ...one, result: JSON.parse(text) as unknown };
      },
    });
    expect(await sync()).to.equal("caught up");
    expect(node.asked(RECEIPTS)).to.be.above(0);
    expect(compareDumps(await dumpMirror(db), await freshMirror(busy.chain))).to.deep.equal([]);
  });
});
