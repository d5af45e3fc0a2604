// Found: while the chain did not answer, the indexer wrote a warning five times a second.
import { expect } from "chai";
import { HttpRequestError } from "viem";
import { follow } from "#indexer/follow.ts";
import type { Chain } from "#server/platform/chain.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { recordLog } from "../indexer/log-lines.ts";
import { type House, openHouse } from "../support/house.ts";

/** Several polls of a local chain, which come every 200 ms. */
const SOME_POLLS_MS = 1_100;

describe("an indexer whose chain does not answer", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("says so once for each outage, and once that it is over", async () => {
    const wire = { cut: false };
    const ask = house.chain.client.request as unknown as (question: unknown) => Promise<unknown>;
    const request = async (question: unknown) => {
      if (wire.cut) throw new HttpRequestError({ url: "http://127.0.0.1:1" });
      return ask(question);
    };
    const client = { ...house.chain.client, request } as unknown as Chain["client"];
    const { log, lines } = recordLog();
    const stop = new AbortController();
    const deps = { db: house.indexerDb, chain: { ...house.chain, client }, log };
    const loop = follow({ ...deps, metrics: createMetrics("outage") }, stop.signal);
    for (const cut of [false, true, false, true]) {
      wire.cut = cut;
      await new Promise((resolve) => setTimeout(resolve, SOME_POLLS_MS));
    }
    stop.abort();
    await loop;
    // The channel that tells of new blocks is another connection, and has its own words.
    const said = lines.filter(({ msg }) => msg !== "hears of new blocks");
    expect(said.map(({ level, msg }) => [level, msg])).to.deep.equal([
      [40, "the mirror waits"],
      [30, "the mirror goes on"],
      [40, "the mirror waits"],
    ]);
    expect(said[0]).to.include({ deployment: 1 });
    expect(JSON.stringify(said[0])).to.include("The chain does not answer.");
  }).timeout(20_000);
});
