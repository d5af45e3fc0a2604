// Whoever followed block by block kept the undoing of the last one alone: a deeper reorg ended the indexer for good.
import { expect } from "chai";
import { openDb } from "#server/platform/db/client.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { recordLog } from "../indexer/log-lines.ts";
import { type BusyChain, openBusyChain } from "../support/busy-chain.ts";
import { catchUp } from "../support/catch-up.ts";
import { createDatabase } from "../support/database.ts";
import { freshMirror } from "../support/fresh-mirror.ts";
import { compareDumps } from "../support/judged-mirror.ts";
import { dumpMirror } from "../support/mirror.ts";
import { chanceOf } from "../support/seeded.ts";

const FINALITY = 20;
const BLOCKS = 30;
const ACTS = 4;

describe("a mirror that was brought up block by block", () => {
  let busy: BusyChain;
  before(async () => {
    busy = await openBusyChain({ chance: chanceOf(5), finality: FINALITY });
  });
  after(() => busy.stop());

  it("follows a reorg of any depth above the final block", async () => {
    const database = await createDatabase();
    const { log, lines } = recordLog();
    const open = { url: database.url, log, connectionsMax: 2 };
    const db = await openDb({ ...open, role: "stagedoor_indexer" });
    try {
      const deps = { db, chain: busy.chain, log, metrics: createMetrics("finding") };
      for (let block = 0; block < BLOCKS; block += 1) {
        await busy.block(ACTS);
        await catchUp(deps);
      }
      for (const depth of [3, FINALITY - 1]) {
        await busy.reorg(depth);
        await busy.block(ACTS);
        await catchUp(deps);
        expect(lines.at(-1)).to.include({ msg: "rolled back", depth });
        expect(compareDumps(await dumpMirror(db), await freshMirror(busy.chain))).to.deep.equal([]);
      }
    } finally {
      await db.close();
      await database.drop();
    }
  });
});
