// Orders paid by the fan's own wallet: pay and mint in one transaction, or nothing of either.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { order as makeOrder, stalls } from "../support/buy.ts";
import {
  askVoucher,
  type CoinHouse,
  finalise,
  giveCoin,
  openCoinHouse,
  send,
  settle,
} from "../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 60_000;

describe("vouchers", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: CoinHouse;
  let row = 0;
  before(async () => {
    house = await openCoinHouse();
  });
  after(() => house.close());

  function nextSeats(): number[] {
    row += 1;
    return stalls(row, 1, 2);
  }

  async function newOrder(seats = nextSeats()) {
    const fan = await house.fan();
    await giveCoin(house, fan.account);
    const { id, total } = await makeOrder(house, fan, seats);
    return { id, total: BigInt(total), fan, seats };
  }

  const read = ({ id, fan }: { id: string; fan: Client }) =>
    fan.call("getOrder", { params: { orderId: id } });

  it("take an order from a hold to tickets in the fan's wallet, by the fan's own transaction", async () => {
    const order = await newOrder();
    const { state, voucher } = await askVoucher(order.fan, order.id);
    expect(state).to.equal("authorised");
    if (voucher === null) throw new Error("there is no voucher");
    expect(voucher.amount).to.equal((order.total * 10n ** 9n).toString());
    const hash = await send(house, order.fan.account, voucher.transaction);
    await settle(house);
    const bought = await read(order);
    expect(bought.state).to.equal("fulfilled");
    expect(bought.lines.map(({ mint, txHash }) => ({ mint, txHash }))).to.deep.equal([
      { mint: "minted", txHash: hash },
      { mint: "minted", txHash: hash },
    ]);
  });

  it("keep the seats until a final block is past the deadline, and then free them", async () => {
    const order = await newOrder();
    await askVoucher(order.fan, order.id);
    await finalise(house);
    await settle(house);
    expect((await read(order)).state).to.equal("claimed");
    await house.passDeadlines();
    await settle(house);
    expect((await read(order)).state, "past, and not final").to.equal("claimed");
    await finalise(house);
    await settle(house);
    expect((await read(order)).state).to.equal("expired");
    await newOrder(order.seats);
  });
});
