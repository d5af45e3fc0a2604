// Found: after a reorg nothing was sent for a reverted nonce, and all later mints waited.
import { expect } from "chai";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { buy, buyAndMint, mint, stalls } from "../support/buy.ts";
import { rpc } from "../support/chain.ts";
import { type House, openHouse } from "../support/house.ts";

describe("a nonce that the chain waits for", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  const minter = anvilAccount(ANVIL_ROLES.minter).address;

  /** As after a reorg: the chain's next nonce is one that we think is done with. */
  async function takeBackNonce() {
    const used = await house.chain.client.getTransactionCount({ address: minter });
    await rpc(house.chain, "anvil_setNonce", [minter, `0x${(used - 1).toString(16)}`]);
  }

  it("is filled with nothing when no bytes of ours are left for it", async () => {
    const fan = await house.fan();
    await buyAndMint(house, fan, stalls(1, 1));
    await house.db.query({ text: "UPDATE sale.chain_tx SET state = 'replaced'" });
    await takeBackNonce();
    const { id } = await buy(house, fan, stalls(1, 2));
    // The lane knows better than the chain, so the new mint stands behind the gap.
    const minted = await mint(house, fan, id);
    expect(minted.state).to.equal("fulfilled");
    const { rows } = await house.db.query<{ intent: string; state: string }>({
      text: "SELECT intent, state FROM sale.chain_tx WHERE intent = 'fill a gap'",
    });
    expect(rows).to.have.lengthOf(1);
  }).timeout(40_000);

  it("gets the bytes that were sent for it before, if they are still there", async () => {
    const fan = await house.fan();
    await house.db.query({
      text: "UPDATE sale.chain_tx SET state = 'reverted' WHERE state <> 'replaced'",
    });
    await takeBackNonce();
    const { id } = await buy(house, fan, stalls(1, 3));
    expect((await mint(house, fan, id)).state).to.equal("fulfilled");
    const { rows } = await house.db.query<{ count: bigint }>({
      text: "SELECT count(*) FROM sale.chain_tx WHERE intent = 'fill a gap'",
    });
    expect(rows[0]?.count).to.equal(1n);
  }).timeout(40_000);
});
