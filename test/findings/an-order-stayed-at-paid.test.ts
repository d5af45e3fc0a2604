// Found: an order whose lines were all decided stayed at paid until somebody else's ticket was minted.
import { expect } from "chai";
import { settleLines } from "#server/mint/settle-lines.ts";
import { buy, buyAndMint, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

describe("an order whose lines are decided", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("moves on although this round changed no line", async () => {
    const fan = await house.fan();
    const minted = await buyAndMint(house, fan, stalls(1, 1));
    // A crash between the lines and their order.
    await house.db.query({
      text: "UPDATE sale.order SET state = 'paid' WHERE id = $1",
      values: [minted.id],
    });
    await settleLines(house);
    const params = { orderId: minted.id };
    expect((await fan.call("getOrder", { params })).state).to.equal("fulfilled");
  });

  it("asks for attention when its only line was set aside", async () => {
    const fan = await house.fan();
    const paid = await buy(house, fan, stalls(1, 2));
    await house.db.query({
      text: "UPDATE sale.mint_line SET state = 'attention', reason = 'test' WHERE order_id = $1",
      values: [paid.id],
    });
    await settleLines(house);
    const params = { orderId: paid.id };
    expect((await fan.call("getOrder", { params })).state).to.equal("attention");
  });

  it("is fulfilled after all when the seat turns out to be our own mint", async () => {
    const fan = await house.fan();
    const minted = await buyAndMint(house, fan, stalls(1, 3));
    await house.db.query({
      text: `UPDATE sale.mint_line SET state = 'attention', tx_id = NULL, reason = 'TicketsSeatTaken'
             WHERE order_id = $1`,
      values: [minted.id],
    });
    await settleLines(house);
    const after = await fan.call("getOrder", { params: { orderId: minted.id } });
    expect(after.state).to.equal("fulfilled");
    expect(after.lines[0]?.txHash).to.equal(minted.lines[0]?.txHash);
  });
});
