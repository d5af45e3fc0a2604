// Providers that refuse ranges, each in its own words: the mirror is whole, and few questions were in vain.
import { expect } from "chai";
import { RpcRequestError, toHex } from "viem";
import { createAhead } from "#indexer/ahead.ts";
import { isRefusal } from "#indexer/pace.ts";
import { rpcCall } from "#scripts/services/json-rpc.ts";
import { type Chain, openChains } from "#server/platform/chain.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { catchUp } from "../support/catch-up.ts";
import { createDatabase } from "../support/database.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { startIndexer } from "../support/indexer-process.ts";
import { compareDumps, openJudgedMirror } from "../support/judged-mirror.ts";
import { dumpMirror, type MirrorDump } from "../support/mirror.ts";
import { chanceOf } from "../support/seeded.ts";
import { openStrangeNode, type StrangeNode } from "../support/strange-node.ts";

const ROUNDS = 16;
/** For one that grows again: a hundred answers are of the smallest size. */
const BLOCKS_MORE = 1_600;
const EMPTY_BLOCKS = 20;
const ACTS = 4;
const FINALITY = 3;
const RPC_TIMEOUT_MS = 10_000;
const REACH_LIMIT_MS = 30_000;
const LOGS = "eth_getLogs";
/** Three are under way when one is refused, and each is sent once more where that may help. */
const REFUSED_MAX = 40;

/** A question for logs, and what is asked for. */
interface Asked {
  blocks: number;
  results: number;
}

interface Refusal {
  /** Of the whole request; 200 without. */
  status?: number;
  /** A page instead of JSON. */
  html?: true;
  code?: number;
  message?: string;
  data?: unknown;
}

interface Provider {
  refuses(asked: Asked): boolean;
  refusal: Refusal;
}

const over = (blocks: number, refusal: Refusal): Provider => ({
  refuses: (asked) => asked.blocks > blocks,
  refusal,
});
const above = (results: number, refusal: Refusal): Provider => ({
  refuses: (asked) => asked.results > results,
  refusal,
});

/** As Cloudflare, BlockPI, Ankr, a free tier, reth, geth and two others say it. */
const WORDS: readonly [code: number, message: string][] = [
  [-32_047, "Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: 800"],
  [-32_602, "eth_getLogs is limited to 1024 block range. Please check the parameter requirements"],
  [-32_062, "Block range is too large"],
  [35, "ranges over 10000 blocks are not supported on freetier"],
  [-32_602, "query exceeds max results 20000, retry with the range 23879634-23879696"],
  [-32_000, "exceed maximum block range: 5000"],
  [-32_600, "block range too high"],
  [-32_603, "eth_getLogs range is too large, max is 1k blocks"],
];

/** As each of them says it, with the numbers of a smaller chain behind it. */
const PROVIDERS: Record<string, Provider> = {
  "Alchemy, by results": above(30, {
    code: -32_602,
    message:
      "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range " +
      "and no limit on the response size, or you can request any block range with a cap of 10K " +
      "logs in the response. Based on your parameters and the response size limit, this block " +
      "range should work: [0x0, 0x20]",
  }),
  "Alchemy's free tier": over(10, {
    status: 400,
    code: -32_600,
    message:
      "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range. " +
      "Based on your parameters, this block range should work: [0x1, 0xa].",
  }),
  "Infura, by results": above(30, {
    code: -32_005,
    message: "query returned more than 10000 results. Try with this block range [0x1, 0x20].",
    data: { from: "0x1", limit: 10_000, to: "0x20" },
  }),
  "Infura, by blocks": over(30, { code: -32_602, message: "range 1000 exceeds limit of 30" }),
  QuickNode: over(30, {
    ...{ status: 413, code: -32_614, message: "eth_getLogs is limited to a 10,000 range" },
  }),
  Tenderly: over(30, {
    ...{ code: -32_602, message: "invalid params" },
    data: { error_id: "4ed94073", payload: "range 9009594 is bigger than range limit 2000" },
  }),
  thirdweb: over(30, {
    ...{ code: -32_602, message: "Maximum allowed number of requested blocks is 1000" },
  }),
  "a proxy in between": over(30, { status: 413, html: true }),
};

describe("a provider that refuses ranges", () => {
  let busy: BusyChain;
  let node: StrangeNode;
  let fresh: MirrorDump;
  const log = createLog({ name: "test", level: "silent" });
  before(async () => {
    busy = await openBusyChain({ chance: chanceOf(31), finality: FINALITY });
    for (let round = 0; round < ROUNDS; round += 1) {
      await mine(EMPTY_BLOCKS);
      await busy.block(ACTS);
    }
    node = await openStrangeNode(busy.url);
    fresh = await freshMirror(busy.chain);
  });
  after(async () => {
    await node?.close();
    await busy?.stop();
  });

  function mine(blocks: number) {
    const params = [toHex(blocks)];
    return rpcCall({ url: busy.url, method: "anvil_mine", params, timeoutMs: RPC_TIMEOUT_MS });
  }

  /** The node becomes this provider; answers how often it refused, and the questions in between. */
  function become(providerAt: (question: number) => Provider) {
    const count = { asked: 0, refused: 0, blocks: [] as number[] };
    let refused: Refusal | undefined;
    node.be({
      answer: (call, one) => {
        if (call.method !== LOGS) return one;
        const [{ fromBlock, toBlock }] = call.params as [Record<string, string>];
        const blocks = Number(toBlock) - Number(fromBlock) + 1;
        const results = (one.result as unknown[]).length;
        const { refuses, refusal } = providerAt(count.asked);
        count.asked += 1;
        if (!refuses({ blocks, results })) {
          count.blocks.push(blocks);
          return one;
        }
        count.refused += 1;
        refused = refusal;
        const { code, message, data } = refusal;
        return { jsonrpc: "2.0", id: one.id, error: { code, message, ...(data ? { data } : {}) } };
      },
      whole: (response, text) => {
        const { status = 200, html } = refused ?? {};
        refused = undefined;
        response.statusCode = status;
        response.setHeader("content-type", html ? "text/html" : "application/json");
        response.end(html ? "<html>Request Entity Too Large</html>" : text);
      },
    });
    return count;
  }

  const through = () => ({ ...busy.deployment, rpcUrl: node.url });

  for (const [name, provider] of Object.entries(PROVIDERS)) {
    it(`in the words of ${name} is asked for less, and the mirror is whole`, async () => {
      const count = become(() => provider);
      const database = await createDatabase();
      const open = { url: database.url, log, connectionsMax: 2 };
      const db = await openDb({ ...open, role: "stagedoor_indexer" });
      try {
        const chain = [...openChains([through()]).values()][0] as Chain;
        const ahead = createAhead(chain);
        await catchUp({ db, chain, log, metrics: createMetrics("refused"), ahead });
        expect(compareDumps(await dumpMirror(db), fresh)).to.deep.equal([]);
      } finally {
        await db.close();
        await database.drop();
      }
      process.stdout.write(`      refused ${count.refused} of ${count.asked}\n`);
      expect(count.refused).to.be.within(1, REFUSED_MAX);
    });
  }

  it("is understood in these words as well, and not where it is something else", () => {
    const said = (code: number, message: string) =>
      new RpcRequestError({ body: { method: LOGS }, error: { code, message }, url: node.url });
    for (const [code, message] of WORDS) {
      expect([message, isRefusal(said(code, message))]).to.deep.equal([message, true]);
    }
    expect(isRefusal(said(-32_000, "header not found"))).to.equal(false);
  });

  it("that changes what it allows in the middle is followed by a real indexer, down and up", async () => {
    const [little, less, much] = [40, 7, 2_000].map((blocks) =>
      over(blocks, { code: -32_000, message: `exceed maximum block range: ${blocks}` }),
    ) as [Provider, Provider, Provider];
    await mine(BLOCKS_MORE);
    await busy.block(ACTS);
    const count = become((asked) => (asked < 12 ? little : asked < 40 ? less : much));
    const mirror = await openJudgedMirror();
    const indexer = await startIndexer({
      ...{ databaseUrl: mirror.databaseUrl, deployments: [through()] },
    });
    try {
      await mirror.reaches(busy.tip(), REACH_LIMIT_MS);
      expect(await mirror.differences(busy)).to.deep.equal([]);
      const counted = await indexer.metric("stagedoor_mirror_rpc_errors_total", {
        kind: "refused",
      });
      const most = Math.max(...count.blocks.slice(40));
      process.stdout.write(
        `      refused ${count.refused} of ${count.asked}, then at most ${most} blocks\n`,
      );
      expect(count.refused).to.be.within(1, REFUSED_MAX);
      expect(most).to.be.above(100);
      expect(counted).to.be.at.least(1);
      expect(count.blocks.filter((blocks) => blocks === 1).length).to.be.below(count.asked / 4);
    } finally {
      await indexer.kill();
      await mirror.close();
    }
  });
});
