// Found: the test chain was changed while it mined, lost a block for good, and no mirror could ever pass the gap.
import { expect } from "chai";
import { fetchHeader } from "#indexer/header.ts";
import { withBlockLock } from "#scripts/services/block-lock.ts";
import { createMiner } from "#scripts/services/chain-miner.ts";
import type { Chain } from "#server/platform/chain.ts";
import { mineBlocks, remember, reorg, rpc } from "../support/chain.ts";
import { type House, openHouse } from "../support/house.ts";
import { requireVariable } from "../support/variables.ts";

const ROUNDS = 60;
const DEPTH = 2;
const LINKS_CHECKED = 8;

describe("a chain whose past is changed while it mines", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
    await mineBlocks(house.chain, LINKS_CHECKED + DEPTH);
  });
  after(() => house.close());

  /** A miner that never rests, with the lock that the embedded chain's own one takes. */
  function busyMiner(chain: Chain) {
    const lock = requireVariable("TEST_BLOCK_LOCK");
    return createMiner({
      blockTimeMs: 1,
      pendingCount: async () => 1,
      mine: async () => void (await withBlockLock(lock, () => rpc(chain, "evm_mine"))),
      onError: () => undefined,
    });
  }

  async function expectLinked(chain: Chain): Promise<void> {
    const newest = await chain.client.getBlockNumber({ cacheTime: 0 });
    let child = await fetchHeader(chain, newest);
    for (let back = 1n; back <= LINKS_CHECKED; back += 1n) {
      const parent = await fetchHeader(chain, newest - back);
      expect(parent?.hash, `block ${newest - back}`).to.equal(child?.parentHash);
      child = parent;
    }
  }

  async function underLoad(change: () => Promise<void>): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const miner = busyMiner(house.chain);
      miner.start();
      await change();
      await miner.stop();
      await expectLinked(house.chain);
    }
  }

  it("keeps every block through a reorg", () => underLoad(() => reorg(house.chain, DEPTH))).timeout(
    60_000,
  );

  it("keeps every block when it forgets the newest", () =>
    underLoad(async () => {
      const forget = await remember(house.chain);
      await rpc(house.chain, "eth_blockNumber");
      await forget();
    })).timeout(60_000);
});
