// Found: a node that was some blocks behind made the mirror take back what the chain still had.
import { expect } from "chai";
import { type SyncDeps, syncStep } from "#indexer/sync.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { Bug, Fault } from "#server/domain/failure.ts";
import type { Chain } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { mineBlocks, reorg } from "../support/chain.ts";
import { type House, openHouse } from "../support/house.ts";

const LAG_BLOCKS = 3n;
/** The tests' own chain calls its blocks final almost at once; no public chain does. */
const FINAL_DEPTH = 16n;
/** More than a node is ever behind here. */
const BLOCKS_MIN = 128;
const STEPS_MAX = 500;
const MAINNET = 1;
/** A little more than a local chain is given. */
const PATIENCE_MS = 3_500;

type Ask = (question: { method: string; params?: unknown[] }) => Promise<unknown>;

describe("a node that is behind", () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.close());

  /** The house's chain as a node tells it that has not heard of the newest blocks. */
  function behind(chain: Chain, lag: { blocks: bigint }): Chain {
    const ask = chain.client.request as unknown as Ask;
    const request: Ask = async (question) => {
      const { method, params = [] } = question;
      if (method !== "eth_getBlockByNumber") return ask(question);
      const newest = BigInt((await ask({ method: "eth_blockNumber" })) as string);
      const [tag, full] = params as [string, boolean];
      if (tag === "finalized") {
        return ask({ method, params: [`0x${(newest - FINAL_DEPTH).toString(16)}`, full] });
      }
      if (lag.blocks === 0n) return ask(question);
      const head = newest - lag.blocks;
      if (tag.startsWith("0x") && BigInt(tag) > head) return null;
      const known = tag === "latest" ? `0x${head.toString(16)}` : tag;
      return ask({ method, params: [known, full] });
    };
    return { ...chain, client: { ...chain.client, request } as unknown as Chain["client"] };
  }

  async function catchUp(deps: SyncDeps): Promise<void> {
    for (let step = 0; step < STEPS_MAX; step += 1) if (await syncStep(deps)) return;
  }

  async function mirrored(chainId?: number) {
    const { deployment } = house.chain;
    const chain = { ...house.chain, deployment: { ...deployment, ...(chainId && { chainId }) } };
    const lag = { blocks: 0n };
    const deps = {
      ...{ db: house.indexerDb, chain: behind(chain, lag), log: house.log },
      metrics: createMetrics("lag"),
    };
    await mineBlocks(house.chain, BLOCKS_MIN);
    await catchUp(deps);
    return { deps, lag, before: await readCursor() };
  }

  async function readCursor() {
    const { rows } = await house.db.query<{ block_number: bigint; updated_at: Date }>({
      text: "SELECT block_number, updated_at FROM mirror.cursor",
    });
    return rows[0] as (typeof rows)[0];
  }

  const isFault = (error: unknown) => error instanceof Fault && error.code === "chain/unreachable";

  it("is waited for, with the mirror as it was", async () => {
    const { deps, lag, before } = await mirrored();
    lag.blocks = LAG_BLOCKS;
    // More may have been mined meanwhile than the node is behind.
    const outcome = await syncStep(deps).catch((error: unknown) => error);
    if (outcome !== true) expect(isFault(outcome), String(outcome)).to.equal(true);
    expect((await readCursor()).block_number >= before.block_number).to.equal(true);
    lag.blocks = 0n;
    await catchUp(deps);
    expect((await readCursor()).block_number >= before.block_number).to.equal(true);
  });

  it("is waited for without end on a chain that others keep", async () => {
    const { deps, lag, before } = await mirrored(MAINNET);
    lag.blocks = 100n;
    await systemClock.sleep(PATIENCE_MS);
    const outcome = await syncStep(deps).catch((error: unknown) => error);
    expect(isFault(outcome), String(outcome)).to.equal(true);
    // The age of the mirror is what makes the gate refuse to decide; waiting must not renew it.
    expect(await readCursor()).to.deep.equal(before);
  });

  it("has lost its blocks if it is a local chain and stays behind", async () => {
    const { deps, lag, before } = await mirrored();
    lag.blocks = LAG_BLOCKS + 10n;
    await systemClock.sleep(PATIENCE_MS);
    await catchUp(deps);
    expect((await readCursor()).block_number < before.block_number).to.equal(true);
  });

  it("is caught lying when an older block differs, and that is a reorg", async () => {
    const { deps, lag, before } = await mirrored(MAINNET);
    const depth = Number(LAG_BLOCKS) + 1;
    // Empty blocks would be made again as they were, hash and all.
    const { address } = anvilAccount(ANVIL_ROLES.fan);
    const transaction = { from: address, to: address, value: "0x1" };
    await reorg(house.chain, depth, [transaction]);
    lag.blocks = LAG_BLOCKS;
    await syncStep(deps);
    expect((await readCursor()).block_number < before.block_number).to.equal(true);
  });

  it("stops the mirror, which says so, when what differs was final", async () => {
    const { deps, before } = await mirrored(MAINNET);
    const { address } = anvilAccount(ANVIL_ROLES.fan);
    const transaction = { from: address, to: address, value: "0x1" };
    await reorg(house.chain, Number(FINAL_DEPTH) + 8, [transaction]);
    // The chain's own miner may be in the middle of it: then the node is behind, for a moment.
    let outcome: unknown;
    for (let step = 0; step < STEPS_MAX && (step === 0 || isFault(outcome)); step += 1) {
      outcome = await syncStep(deps).catch((error: unknown) => error);
    }
    expect(outcome).to.be.instanceOf(Bug);
    expect(String(outcome)).to.match(/reaches below block \d+, which was final/);
    expect(await readCursor()).to.deep.equal(before);
  });
});
