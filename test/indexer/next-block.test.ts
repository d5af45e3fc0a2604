// What was heard of a block is used only where it follows on what was stored, and never believed.
import { expect } from "chai";
import type { Header } from "#indexer/header.ts";
import { createNextBlock } from "#indexer/next-block.ts";
import { syncStep } from "#indexer/sync.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { mineBlocks } from "../support/chain.ts";
import { type House, openHouse } from "../support/house.ts";

const hash = (digit: string) => `0x${digit.repeat(64)}` as const;
const STEPS_MAX = 500;
const TRIES_MAX = 20;

function header(number: bigint, own: string, parent: string): Header {
  const logsBloom = `0x${"0".repeat(512)}` as const;
  return {
    ...{ number, hash: hash(own), parentHash: hash(parent) },
    ...{ minedAt: new Date(0), logsBloom },
  };
}

const settled = { finalNumber: 3n, safeNumber: 5n };
const cursor = { number: 7n, hash: hash("7"), finalNumber: 3n, ageMs: 0 };

describe("the next block, as it was heard of", () => {
  it("is taken once, and only where it follows", () => {
    const next = createNextBlock();
    const head = header(8n, "8", "7");
    expect(next.take(), "of nothing").to.equal(undefined);
    next.stored(cursor, settled);
    expect(next.take(), "nothing heard").to.equal(undefined);
    for (const other of [header(9n, "9", "7"), header(8n, "8", "6"), header(7n, "7", "6")]) {
      next.stored(cursor, settled);
      next.hear(other);
      expect(next.take(), `${other.number}`).to.equal(undefined);
    }
    next.stored(cursor, settled);
    next.hear(head);
    expect(next.take()).to.deep.equal({ cursor, head, settled });
    expect(next.take(), "a second time").to.equal(undefined);
    next.hear(head);
    expect(next.take(), "of a mirror that may have moved").to.equal(undefined);
  });

  describe("beside a chain", () => {
    let house: House;
    before(async () => {
      house = await openHouse();
    });
    after(() => house.close());

    async function mirrored() {
      const next = createNextBlock();
      const { chain, log, indexerDb: db } = house;
      const deps = { db, chain, log, metrics: createMetrics("indexer"), next };
      const catchUp = async () => {
        for (let step = 0; step < STEPS_MAX; step += 1) if (await syncStep(deps)) return;
        expect.fail("the mirror does not come to an end");
      };
      const at = async () => {
        const { rows } = await db.query<{ block_number: bigint; block_hash: `0x${string}` }>({
          text: "SELECT block_number, block_hash FROM cursor WHERE deployment = $1",
          values: [chain.deployment.id],
        });
        return rows[0] as NonNullable<(typeof rows)[0]>;
      };
      await catchUp();
      return { next, deps, catchUp, at };
    }

    it("is not stored when the chain has another one, or none", async () => {
      const { next, deps, catchUp, at } = await mirrored();
      const before = await at();
      const made = { ...header(before.block_number + 1n, "f", "0"), parentHash: before.block_hash };
      next.hear(made);
      expect(await syncStep(deps), "the step").to.equal(false);
      // The house follows its chain as well.
      expect((await at()).block_hash).not.to.equal(made.hash);
      await mineBlocks(house.chain, 1);
      await catchUp();
      const after = await at();
      expect(after.block_number > before.block_number).to.equal(true);
      expect(after.block_hash).not.to.equal(made.hash);
    });

    it("is stored without a question for the newest block or for the cursor", async () => {
      const { next, deps, catchUp, at } = await mirrored();
      // Others may mine on the same chain; then it is tried again.
      const mineOne = async () => {
        for (let tries = 0; tries < TRIES_MAX; tries += 1) {
          await catchUp();
          const { block_number: before } = await at();
          await mineBlocks(house.chain, 1);
          const block = await house.chain.client.getBlock();
          if (block.number === before + 1n) return block;
        }
        return expect.fail("the chain is never still");
      };
      const head = await mineOne();
      next.hear({
        ...{ number: head.number, hash: head.hash, parentHash: head.parentHash },
        ...{ minedAt: new Date(Number(head.timestamp) * 1000), logsBloom: head.logsBloom },
      });
      const asked: string[] = [];
      const { client } = house.chain;
      const request = (question: { method: string; params?: unknown[] }) => {
        asked.push(`${question.method} ${String(question.params?.[0])}`);
        return (client.request as (question: unknown) => Promise<unknown>)(question);
      };
      const chain = { ...house.chain, client: { ...client, request } as unknown as typeof client };
      expect(await syncStep({ ...deps, chain }), "the step").to.equal(false);
      expect((await at()).block_hash).to.equal(head.hash);
      const number = `0x${head.number.toString(16)}`;
      expect(asked.map((question) => question.split(" ")[0]).sort()).to.deep.equal([
        "eth_getBlockByNumber",
        "eth_getLogs",
      ]);
      expect(asked).to.include(`eth_getBlockByNumber ${number}`);
      expect(await syncStep(deps), "and what is final afterwards").to.equal(true);
    });
  });
});
