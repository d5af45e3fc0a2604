// Found: a reorg took a relayed purchase away, its fan spent the money, and the minter gave the ticket for nothing.
import { expect } from "chai";
import { reopenVanished, settleLines } from "#server/mint/settle-lines.ts";
import { settleVouchers } from "#server/pay/voucher/settle-vouchers.ts";
import { recoverTransactions } from "#server/platform/tx/recover.ts";
import { mineBlocks, reorgAfter } from "../support/chain.ts";
import { openRelayOrders, type TokenHouse } from "../support/relay-orders.ts";
import { finalise, giveCoin, openTokenHouse, settle } from "../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 60_000;

describe("a relayed purchase that a reorg took away", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: TokenHouse;
  let orders: ReturnType<typeof openRelayOrders>;
  before(async () => {
    house = await openTokenHouse();
    orders = openRelayOrders(house);
  });
  after(() => house.close());

  it("is never minted by our key when its bytes revert, and ends with nothing booked", async () => {
    const order = await orders.newOrder();
    await orders.handIn(order);
    await giveCoin(house, order.fan.account);
    await finalise(house);
    const ancestor = await house.chain.client.getBlockNumber();
    await orders.relay();
    await settle(house);
    expect((await orders.read(order)).state).to.equal("fulfilled");
    await reorgAfter(house.chain, ancestor);
    await orders.spend(order);
    await house.mirror();
    await settleVouchers(house);
    await settleLines(house);
    await reopenVanished(house);
    // The same bytes are sent again, and revert in a block.
    await recoverTransactions(house);
    await mineBlocks(house.chain, 1);
    await house.db.query({ text: "UPDATE sale.chain_tx SET sent_at = to_timestamp(0)" });
    await recoverTransactions(house);
    await house.minter.mintWaiting();
    await mineBlocks(house.chain, 1);
    await settle(house);
    const after = await orders.read(order);
    expect(after.lines.map(({ mint }) => mint)).to.deep.equal(["sent"]);
    const { rows } = await house.db.query<{ count: bigint }>({
      text: "SELECT count(*) FROM sale.chain_tx WHERE intent LIKE 'mint %'",
    });
    expect(rows[0]?.count, "mints by our key").to.equal(0n);
    await house.passDeadlines();
    await finalise(house);
    await settle(house);
    expect((await orders.read(order)).state).to.equal("expired");
    const { rows: books } = await house.db.query<{ sum: bigint }>({
      text: `SELECT coalesce(sum(amount), 0) AS sum FROM sale.ledger_entry
             WHERE order_id = $1 AND account LIKE 'escrow:%'`,
      values: [order.id],
    });
    expect(books[0]?.sum).to.equal(0n);
  });
});
