// Checks that the pipeline's metrics tell what waits, for how long, and when a key runs out of coin.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Gauge } from "prom-client";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { measureLanes, measureLines, watchKeys } from "#server/mint/measure.ts";
import type { Log } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { buy, buyAndMint, stalls } from "../../support/buy.ts";
import { rpc } from "../../support/chain.ts";
import { type House, openHouse } from "../../support/house.ts";

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
    // A second more than is asked: the column rounds to milliseconds, and so half of them up.
    await sql("UPDATE sale.mint_line SET created_at = now() - interval '301 s'");
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
    const watch = watchKeys({ db: house.db, chains, metrics, log });
    await watch.look(POOR);
    await watch.look(POOR);
    expect(await shown(metrics.signerCoin, { signer: POOR })).to.equal(0);
    expect(said.map((words) => words[1])).to.deep.equal(["a signing key is low on coin"]);
    const { rows } = await house.db.query<{ signer: `0x${string}` }>({
      text: "SELECT signer FROM sale.chain_tx LIMIT 1",
    });
    const { signer } = rows[0]!;
    await watch.look(signer);
    expect(await shown(metrics.signerTickets, { signer })).to.be.above(1_000);
    expect(said).to.have.lengthOf(1);
    // Once more after it had some: what came and went is news again.
    const setCoin = (wei: string) => rpc(house.chain, "anvil_setBalance", [POOR, wei]);
    await setCoin("0x56bc75e2d63100000");
    await watch.look(POOR);
    await setCoin("0x0");
    await watch.look(POOR);
    expect(said).to.have.lengthOf(2);
  });

  it("tell how long the oldest line waits for a transaction, and of nothing that has one", async () => {
    await sql("DELETE FROM sale.mint_line");
    await buy(house, await house.fan(), stalls(3, 1));
    await sql("UPDATE sale.mint_line SET created_at = now() - interval '181 s'");
    await measureLines(house.db, metrics);
    expect(await shown(metrics.mintQueuedSeconds)).to.be.within(180, 240);
    await sql("UPDATE sale.mint_line SET state = 'sent'");
    await measureLines(house.db, metrics);
    expect(await shown(metrics.mintQueuedSeconds)).to.equal(0);
    expect(await shown(metrics.mintOldestSeconds)).to.be.within(180, 240);
  });

  it("count the nonces that the chain waits for and that nothing of ours has", async () => {
    const { db, chains, log } = house;
    const watch = watchKeys({ db, chains, metrics, log });
    const { rows } = await db.query<{ signer: `0x${string}` }>({
      text: "SELECT signer FROM sale.chain_tx ORDER BY id DESC LIMIT 1",
    });
    const { signer } = rows[0]!;
    const gap = async () => {
      await watch.look(signer);
      return shown(metrics.laneGap, { signer });
    };
    expect(await gap()).to.equal(0);
    await sql("UPDATE sale.nonce_lane SET next_nonce = next_nonce + 3");
    expect(await gap()).to.equal(3);
    // One of the three is ours, and under way.
    await sql(`INSERT INTO sale.chain_tx
                 (deployment, chain_id, signer, nonce, intent, raw, hash, fee_max, state)
               SELECT deployment, chain_id, signer, nonce + 2, intent, raw,
                      '0x' || repeat('ab', 32), fee_max, 'sent'
               FROM sale.chain_tx ORDER BY id DESC LIMIT 1`);
    expect(await gap()).to.equal(2);
  });

  it("tell a ticket's fee of now as a share of what it may cost", async () => {
    const { db, log } = house;
    const dear = { ...house.chain.deployment, fees: { perTicket: 1n, perHour: 1n } };
    const chain = { ...house.chain, deployment: dear };
    const { id } = dear;
    await watchKeys({ db, chains: new Map([[id, chain]]), metrics, log }).look(POOR);
    expect(await shown(metrics.feeOfCap, { deployment: String(id) })).to.be.above(1);
    await watchKeys({ db, chains: house.chains, metrics, log }).look(POOR);
    expect(await shown(metrics.feeOfCap, { deployment: String(id) })).to.be.within(0, 1);
  });

  it("are each explained in the runbook, and the runbook names none that is not there", async () => {
    const text = readFileSync(join(repositoryRoot, "docs/runbook.md"), "utf8");
    const named = new Set(
      [...text.matchAll(/\bstagedoor_(?!server|indexer|lookup\b)[a-z_]+/g)].map(([name]) =>
        name.replace(/_(bucket|sum|count)$/, ""),
      ),
    );
    const there = (await createMetrics("worker").registry.getMetricsAsJSON())
      .map(({ name }) => name)
      .filter((name) => name.startsWith("stagedoor_"));
    expect([...named].sort()).to.deep.equal(there.sort());
  });
});
