// Which orders get no voucher for the fan's own wallet: nothing is written for them.
import { expect } from "chai";
import { keccak256, toBytes } from "viem";
import { randomUuid } from "#server/platform/random.ts";
import { write } from "../../support/chain.ts";
import { expectProblem } from "../../support/refusals.ts";
import { type VoucherOrders, voucherOrders } from "../../support/voucher-orders.ts";
import { askVoucher, type CoinHouse, openCoinHouse } from "../../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 90_000;

describe("vouchers that are refused", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: CoinHouse;
  let orders: VoucherOrders;
  before(async () => {
    house = await openCoinHouse();
    orders = voucherOrders(house);
  });
  after(() => house.close());

  it("are not given for other people's orders", async () => {
    const order = await orders.newOrder();
    const other = await house.fan();
    await expectProblem(askVoucher(other, order.id), "request/not-found");
    expect(await orders.rowsOf(order)).to.equal(0);
  });

  it("are not given once the order has ended, and nothing is written", async () => {
    const order = await orders.newOrder();
    await house.db.query({
      text: "UPDATE sale.order SET expires_at = now() - interval '1 s' WHERE id = $1",
      values: [order.id],
    });
    await expectProblem(askVoucher(order.fan, order.id), "order/expired");
    expect(await orders.rowsOf(order)).to.equal(0);
  });

  it("are not given when the chain's clock is past what is left of the order", async () => {
    const order = await orders.newOrder();
    const { timestamp } = await house.chain.client.getBlock();
    await house.db.query({
      text: "UPDATE sale.order SET expires_at = to_timestamp($2) + interval '0.9 s' WHERE id = $1",
      values: [order.id, Number(timestamp)],
    });
    await expectProblem(askVoucher(order.fan, order.id), "order/expired");
    expect(await orders.rowsOf(order)).to.equal(0);
  });

  it("are not given for a seat that is another's by now", async () => {
    const order = await orders.newOrder();
    await house.db.query({
      text: "UPDATE sale.claim SET order_id = 'ord_another' WHERE order_id = $1 AND seat = $2",
      values: [order.id, order.seats[0]],
    });
    await expectProblem(askVoucher(order.fan, order.id), "order/expired");
    expect(await orders.rowsOf(order)).to.equal(0);
  });

  it("are not given for places of several prices", async () => {
    const order = await orders.newOrder();
    await house.db.query({
      text: "UPDATE sale.order_line SET unit_price = unit_price + 1 WHERE order_id = $1 AND seat = $2",
      values: [order.id, order.seats[0]],
    });
    const problem = await expectProblem(askVoucher(order.fan, order.id), "pay/other-way");
    expect(problem).to.include({ why: "several-prices" });
    expect(await orders.rowsOf(order)).to.equal(0);
  });

  it("are not given in a currency that is none on chain", async () => {
    const order = await orders.newOrder();
    await house.db.query({
      text: "UPDATE sale.order SET currency = 'EUR' WHERE id = $1",
      values: [order.id],
    });
    const problem = await expectProblem(askVoucher(order.fan, order.id), "pay/other-way");
    expect(problem).to.include({ why: "no-token" });
    expect(await orders.rowsOf(order)).to.equal(0);
  });

  it("alone pay an order in the chain's coin", async () => {
    const order = await orders.newOrder();
    const body = { provider: "development", source: "works" } as const;
    const paying = order.fan.call("createPayment", {
      ...{ params: { orderId: order.id }, body, key: randomUuid() },
    });
    expect(await expectProblem(paying, "pay/other-way")).to.include({ why: "coin" });
    expect(await orders.rowsOf(order)).to.equal(0);
  });

  it("are not given for what the contract would not mint", async () => {
    const order = await orders.newOrder();
    const unlimit = await limitVouchers(0n);
    const problem = await expectProblem(askVoucher(order.fan, order.id), "pay/not-mintable");
    expect(problem).to.include({ reason: "TicketsMintLimitReached" });
    expect(await orders.rowsOf(order)).to.equal(0);
    await unlimit();
    await orders.voucherOf(order);
  });

  /** Answers how the limit of all box offices is put back. */
  async function limitVouchers(tickets: bigint): Promise<() => Promise<void>> {
    const set = async (limit: bigint, windowSeconds: number) => {
      const args = [keccak256(toBytes("VOUCHER_ROLE")), limit, windowSeconds] as const;
      await write(house.chain, "admin", { functionName: "setMintLimit", args });
    };
    await set(tickets, 1);
    return () => set(1_000_000n, 1);
  }
});
