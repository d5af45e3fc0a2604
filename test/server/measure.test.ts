// Checks that the pipeline's metrics tell what waits, for how long, and when a key runs out of coin.
import { expect } from "chai";
import type { Gauge } from "prom-client";
import { measureLanes, measureLines, measureSigner } from "#server/mint/measure.ts";
import type { Log } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { buy, buyAndMint, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

const POOR = `0x${"0b".repeat(20)}` as const;

describe("metrics of the mint", () => {
  let house: House;
  const metrics = createMetrics("measure");
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  const shown = async (gauge: Gauge, labels: Record<string, string> = {}) => {
    const { values } = await gauge.get();
    return values.find(({ labels: own }) =>
      Object.entries(labels).every(([name, value]) => own[name] === value),
    )?.value;
  };

  const sql = (text: string) => house.db.query({ text });

  it("tell the age of the oldest paid ticket, but not of what waits for a person", async () => {
    await buy(house, await house.fan(), stalls(1, 1, 2));
    await sql("UPDATE sale.mint_line SET created_at = now() - interval '5 min'");
    await measureLines(house.db, metrics);
    expect(await shown(metrics.mintOldestSeconds)).to.be.within(300, 400);
    expect(await shown(metrics.mintLines, { state: "queued" })).to.equal(2);
    await sql("UPDATE sale.mint_line SET state = 'attention', reason = 'test'");
    await measureLines(house.db, metrics);
    expect(await shown(metrics.mintOldestSeconds)).to.equal(0);
    expect(await shown(metrics.mintLines, { state: "queued" })).to.equal(undefined);
    expect(await shown(metrics.mintLines, { state: "attention" })).to.equal(2);
  });

  it("tell how many transactions of a key are in no block, down to none", async () => {
    await buyAndMint(house, await house.fan(), stalls(2, 1));
    await sql("UPDATE sale.chain_tx SET state = 'sent'");
    await measureLanes(house.db, metrics);
    expect(await shown(metrics.laneWaiting)).to.equal(1);
    await sql("UPDATE sale.chain_tx SET state = 'included'");
    await measureLanes(house.db, metrics);
    expect(await shown(metrics.laneWaiting)).to.equal(undefined);
  });

  it("say loudly that a key has no coin for a thousand tickets more, and nothing of a rich one", async () => {
    const said: unknown[][] = [];
    const log = { ...house.log, error: (...words: unknown[]) => said.push(words) } as never as Log;
    const { chains } = house;
    await measureSigner({ chains, metrics, log }, POOR);
    expect(await shown(metrics.signerCoin, { signer: POOR })).to.equal(0);
    expect(said.map((words) => words[1])).to.deep.equal(["a signing key is low on coin"]);
    const { rows } = await house.db.query<{ signer: `0x${string}` }>({
      text: "SELECT signer FROM sale.chain_tx LIMIT 1",
    });
    const { signer } = rows[0]!;
    await measureSigner({ chains, metrics, log }, signer);
    expect(await shown(metrics.signerTickets, { signer })).to.be.above(1_000);
    expect(said).to.have.lengthOf(1);
  });
});
