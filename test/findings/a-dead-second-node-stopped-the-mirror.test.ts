// Where another contract had logs in a block, a second node that was dead was waited for by the first one's mirror.
import { expect } from "chai";
import { readFinal } from "#indexer/final.ts";
import { fetchHeader, type Header } from "#indexer/header.ts";
import { Fault } from "#server/domain/failure.ts";
import { type Chain, openChains } from "#server/platform/chain.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { catchUp } from "../support/catch-up.ts";
import { createDatabase } from "../support/database.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { compareDumps } from "../support/judged-mirror.ts";
import { dumpMirror } from "../support/mirror.ts";
import { chanceOf } from "../support/seeded.ts";
import { openStrangeNode } from "../support/strange-node.ts";

const BLOCKS = 8;
const ACTS = 3;
const DEAD = "http://127.0.0.1:9";

describe("a node that does not answer", () => {
  let busy: BusyChain;
  before(async () => {
    busy = await openBusyChain({ chance: chanceOf(6), finality: 4 });
    for (let at = 0; at < BLOCKS; at += 1) await busy.block(ACTS);
  });
  after(() => busy.stop());

  const chainOf = (changes: Partial<Chain["deployment"]>): Chain =>
    [...openChains([{ ...busy.deployment, ...changes }]).values()][0] as Chain;

  it("as the second one keeps nobody from mirroring what the first one says", async () => {
    const database = await createDatabase();
    const log = createLog({ name: "test", level: "silent" });
    const open = { url: database.url, log, connectionsMax: 2 };
    const db = await openDb({ ...open, role: "stagedoor_indexer" });
    try {
      const chain = chainOf({ moreRpcUrls: [DEAD] });
      await catchUp({ db, chain, log, metrics: createMetrics("finding") });
      expect(compareDumps(await dumpMirror(db), await freshMirror(busy.chain))).to.deep.equal([]);
    } finally {
      await db.close();
      await database.drop();
    }
  });

  it("says nothing about what is final: blocks are not counted instead", async () => {
    const node = await openStrangeNode(busy.url);
    try {
      const chain = chainOf({ rpcUrl: node.url, finality: "finalized" });
      const head = (await fetchHeader(chain, "latest")) as Header;
      node.be({
        answer: ({ params: [at] }, one) => {
          if (at === "finalized") throw new Error("nothing is said");
          return one;
        },
      });
      const outcome = await readFinal(chain, head, 0n).catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(Fault);
    } finally {
      await node.close();
    }
  });
});
