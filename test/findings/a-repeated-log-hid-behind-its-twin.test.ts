// Two payments in one block set the same bits of its bloom: a node that left one of them out was believed.
import { expect } from "chai";
import type { RawLog } from "#indexer/answer.ts";
import { syncStep } from "#indexer/sync.ts";
import { Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { type BusyBlock, type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { createDatabase } from "../support/database.ts";
import { chanceOf } from "../support/seeded.ts";

type Ask = (question: { method: string; params?: unknown[] }) => Promise<unknown>;

const ACTS = 12;
const BLOCKS_MAX = 40;
const STEPS_MAX = 20;

describe("a log that repeats another one of its block", () => {
  let busy: BusyChain;
  before(async () => {
    busy = await openBusyChain({ chance: chanceOf(3), finality: 4 });
  });
  after(() => busy.stop());

  const payments = ({ logs }: BusyBlock) =>
    logs.filter(({ eventName }) => eventName === "EscrowDeposited");

  /** Its logs are all of the block's, so that the header alone decides. */
  async function blockWithTwins(): Promise<BusyBlock> {
    for (let made = 0; made < BLOCKS_MAX; made += 1) {
      const block = await busy.block(ACTS);
      const isOurs = block.logs.at(-1)?.logIndex === block.logs.length - 1;
      if (isOurs && payments(block).length > 1) return block;
    }
    throw new Error("no block had two payments");
  }

  it("is missed when a node leaves it out", async () => {
    const twins = await blockWithTwins();
    const [hidden] = payments(twins);
    const request = busy.chain.client.request as unknown as Ask;
    const forgetful: Ask = async (question) => {
      const answer = await request(question);
      if (question.method !== "eth_getLogs") return answer;
      return (answer as RawLog[]).filter(
        (log) => log.blockHash !== twins.hash || Number(log.logIndex) !== hidden?.logIndex,
      );
    };
    const chain = { ...busy.chain, client: { ...busy.chain.client, request: forgetful } };
    const database = await createDatabase();
    const log = createLog({ name: "test", level: "silent" });
    const open = { url: database.url, log, connectionsMax: 2 };
    const db = await openDb({ ...open, role: "stagedoor_indexer" });
    const deps = { db, chain: chain as unknown as Chain, log, metrics: createMetrics("finding") };
    const sync = async () => {
      for (let step = 0; step < STEPS_MAX; step += 1) if (await syncStep(deps)) return;
    };
    try {
      const outcome = await sync().catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(Fault);
      expect((outcome as Fault).message).to.match(/left out logs/);
    } finally {
      await db.close();
      await database.drop();
    }
  });
});
