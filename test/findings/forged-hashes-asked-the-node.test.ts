// Found: whoever asked for hashes that are nowhere had the node asked up to a hundred times a second for nothing.
import { expect } from "chai";
import { findTransaction } from "#server/lookup/find-transaction.ts";
import {
  createNodeBudget,
  NODE_QUESTIONS_KEPT_MAX,
  NODE_QUESTIONS_PER_SECOND,
} from "#server/lookup/node-budget.ts";
import type { Chains } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Sql } from "#server/platform/db/client.ts";

const MANY = 10 * NODE_QUESTIONS_KEPT_MAX;

describe("questions for transactions that no block has", () => {
  it("reach the nodes so often in a second, whoever asks", async () => {
    let nowMs = 0;
    let asked = 0;
    const clock = { ...systemClock, monotonicMs: () => nowMs };
    const client = {
      request: async () => {
        asked += 1;
        return null;
      },
    };
    const chains = new Map([[1, { client, deployment: { id: 1, chainId: 31_337 } }]]);
    const deps = {
      db: { query: async () => ({ rows: [] }) } as unknown as Sql,
      chains: chains as unknown as Chains,
      nodeBudget: createNodeBudget({ clock }),
    };
    const askMany = async (networks = 3) => {
      for (let at = 0; at < MANY; at += 1) {
        const txHash = `0x${at.toString(16).padStart(64, "0")}`;
        const network = `network ${at % networks}`;
        const { answer } = await findTransaction(deps, { txHash, known: undefined, network });
        expect(answer.state).to.equal("unknown");
      }
    };
    await askMany();
    expect(asked).to.equal(NODE_QUESTIONS_KEPT_MAX);
    nowMs += 1_000;
    await askMany();
    expect(asked).to.equal(NODE_QUESTIONS_KEPT_MAX + NODE_QUESTIONS_PER_SECOND);
    nowMs += 3_600_000;
    await askMany();
    expect(asked).to.equal(2 * NODE_QUESTIONS_KEPT_MAX + NODE_QUESTIONS_PER_SECOND);
  });

  it("of one network leave questions for others", () => {
    let nowMs = 0;
    const budget = createNodeBudget({ clock: { ...systemClock, monotonicMs: () => nowMs } });
    const taken = (network: string) =>
      Array.from({ length: MANY }, () => budget.take(1, network)).filter(Boolean).length;
    const half = NODE_QUESTIONS_KEPT_MAX / 2;
    expect([taken("forger"), taken("fan")]).to.deep.equal([half, half]);
    nowMs += 1_000;
    const share = NODE_QUESTIONS_PER_SECOND / 2;
    expect([taken("forger"), taken("fan")]).to.deep.equal([share, share]);
    for (let at = 0; at < MANY; at += 1) budget.take(1, `of many ${at}`);
    expect(taken("forger"), "nobody forgets it for that").to.equal(0);
  });
});
