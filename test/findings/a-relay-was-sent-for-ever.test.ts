// Found: a fan who takes the money away just before each relay made the minter pay for revert after revert.
import { expect } from "chai";
import { RELAYS_PER_ORDER } from "#server/domain/voucher.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { expectProblem } from "../support/refusals.ts";
import { openRelayOrders, type RelayOrder, type TokenHouse } from "../support/relay-orders.ts";
import { mintTokens } from "../support/token.ts";
import { giveCoin, openTokenHouse } from "../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 60_000;
const TOO_MANY = RELAYS_PER_ORDER + 3;

describe("a relay that its payer makes revert", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: TokenHouse;
  let orders: ReturnType<typeof openRelayOrders>;
  before(async () => {
    house = await openTokenHouse();
    orders = openRelayOrders(house);
  });
  after(() => house.close());

  /** Its block has no money for it: it is sent while there is some, and mined later. */
  async function revertOnce(order: RelayOrder): Promise<void> {
    await orders.relay();
    await house.db.query({
      text: `UPDATE sale.chain_tx SET sent_at = to_timestamp(0)
             WHERE state IN ('signed', 'sent') AND intent LIKE '%' || $1 || '%'`,
      values: [order.id],
    });
    await recoverTransactions(house);
  }

  it("is sent a few times, and then no more", async () => {
    const order = await orders.newOrder();
    const authorisation = await orders.handIn(order);
    await giveCoin(house, order.fan.account);
    const { client } = house.chain;
    // A node that finds it fine beforehand, as one does that does not see what comes first.
    const real = client.estimateGas;
    client.estimateGas = (async () => 400_000n) as typeof real;
    try {
      await orders.spend(order);
      for (let tried = 1; tried <= TOO_MANY; tried += 1) {
        await revertOnce(order);
        await mineAll();
        await revertOnce(order);
        if ((await orders.relayOf(order))?.relay === "refused") break;
      }
    } finally {
      client.estimateGas = real;
    }
    expect(await orders.relayOf(order)).to.include({ relay: "refused", sent: RELAYS_PER_ORDER });
    const { chain, token } = house;
    await mintTokens(chain, token, order.fan.account.address, order.price);
    const problem = await expectProblem(orders.hand(order, authorisation), "pay/other-way");
    expect(problem).to.include({ why: "relays-spent" });
  });

  async function mineAll(): Promise<void> {
    await house.rpc("anvil_mine", "0x1");
  }
});
