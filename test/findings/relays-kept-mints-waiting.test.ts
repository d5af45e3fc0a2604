// Found: four relays on their way, or stuck, and no ticket that was paid by card was minted.
import { expect } from "chai";
import { buy, stalls } from "../support/buy.ts";
import { openRelayOrders, type TokenHouse } from "../support/relay-orders.ts";
import { openTokenHouse } from "../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 60_000;
/** As many as mint-event.ts has on their way at once. */
const RELAYS = 5;

describe("a lane full of relays", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: TokenHouse;
  before(async () => {
    house = await openTokenHouse();
  });
  after(() => house.close());

  it("has room for what is paid by card", async () => {
    const orders = openRelayOrders(house);
    for (let made = 1; made <= RELAYS; made += 1) await orders.handIn(await orders.newOrder());
    await orders.relay();
    const { rows: relays } = await house.db.query({
      text: "SELECT 1 FROM sale.chain_tx WHERE state = 'sent' AND intent LIKE 'buy %'",
    });
    expect(relays).to.have.length(RELAYS);
    const fan = await house.fan();
    const paid = await buy(house, fan, stalls(5, 1));
    await house.minter.mintEvent(house.event);
    const after = await fan.call("getOrder", { params: { orderId: paid.id } });
    expect(after.lines.map(({ mint }) => mint)).to.deep.equal(["sent"]);
  });
});
