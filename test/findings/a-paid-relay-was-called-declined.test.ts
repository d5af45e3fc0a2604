// Found: an authorisation handed in again after it had bought the order was answered "declined".
import { expect } from "chai";
import { openRelayOrders, type TokenHouse } from "../support/relay-orders.ts";
import { openTokenHouse } from "../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 60_000;
const WAIT_MS = 10_000;

describe("an authorisation that is handed in again", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: TokenHouse;
  let orders: ReturnType<typeof openRelayOrders>;
  before(async () => {
    house = await openTokenHouse();
    orders = openRelayOrders(house);
  });
  after(() => house.close());

  it("is answered as under way while its purchase is on chain and not mirrored yet", async () => {
    const order = await orders.newOrder();
    const authorisation = await orders.handIn(order);
    await orders.relay();
    const { rows } = await house.db.query<{ hash: `0x${string}` }>({
      text: "SELECT hash FROM sale.chain_tx WHERE intent LIKE '%' || $1 || '%'",
      values: [order.id],
    });
    const hash = rows[0]?.hash ?? "0x";
    await house.chain.client.waitForTransactionReceipt({ hash, timeout: WAIT_MS });
    const answer = await orders.hand(order, authorisation);
    expect(answer.state).to.equal("authorised");
    expect(answer.voucher?.relay?.state).to.equal("sent");
  });
});
