// Found: a fan with an open voucher who wanted to pay by card, or the other way round, was told that we were down.
import { expect } from "chai";
import { randomUuid } from "#server/platform/random.ts";
import { expectProblem } from "../support/refusals.ts";
import { openRelayOrders, type RelayOrder, type TokenHouse } from "../support/relay-orders.ts";
import { askVoucher, openTokenHouse } from "../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 60_000;

describe("a second way to pay an order", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: TokenHouse;
  let orders: ReturnType<typeof openRelayOrders>;
  before(async () => {
    house = await openTokenHouse();
    orders = openRelayOrders(house);
  });
  after(() => house.close());

  const byCard = ({ id, fan }: RelayOrder, key = randomUuid()) =>
    fan.call("createPayment", {
      params: { orderId: id },
      ...{ body: { provider: "development", source: "works" } as const, key },
    });

  const paymentsOf = async ({ id }: RelayOrder) =>
    (
      await house.db.query<{ provider: string; state: string }>({
        text: "SELECT provider, state FROM sale.payment WHERE order_id = $1",
        values: [id],
      })
    ).rows;

  it("is refused while a voucher is open, until its deadline", async () => {
    const order = await orders.newOrder();
    const { voucher } = await askVoucher(order.fan, order.id);
    const problem = await expectProblem(byCard(order), "pay/other-way");
    expect(problem).to.include({ why: "under-way", until: voucher?.deadline });
    expect(await paymentsOf(order)).to.deep.equal([{ provider: "voucher", state: "authorised" }]);
  });

  it("is refused while a card is being charged, until the order ends", async () => {
    const order = await orders.newOrder();
    await house.db.query({
      text: `INSERT INTO sale.payment (id, order_id, provider, state, amount, currency)
             SELECT 'pay_' || $2, id, 'stripe', 'started', total, currency FROM sale.order
             WHERE id = $1`,
      values: [order.id, order.id.slice(4)],
    });
    const { expiresAt } = await orders.read(order);
    const problem = await expectProblem(askVoucher(order.fan, order.id), "pay/other-way");
    expect(problem).to.include({ why: "under-way", until: expiresAt });
    expect(await paymentsOf(order)).to.deep.equal([{ provider: "stripe", state: "started" }]);
  });

  it("is one way only, however many tabs try both at once", async () => {
    for (let round = 1; round <= 5; round += 1) {
      const order = await orders.newOrder();
      const tries = [byCard(order), askVoucher(order.fan, order.id), byCard(order)];
      for (const ended of await Promise.allSettled([...tries, askVoucher(order.fan, order.id)])) {
        if (ended.status === "rejected") expect(String(ended.reason)).to.include("pay/other-way");
      }
      expect(await paymentsOf(order)).to.have.length(1);
    }
  });
});
