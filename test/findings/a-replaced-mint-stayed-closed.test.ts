// Found: a line stayed closed when a reorg gave its seat to another transaction between two looks of ours.
import { expect } from "chai";
import { reopenVanished, settleLines } from "#server/mint/settle-lines.ts";
import { buyAndMint, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

describe("a mint that another one took the place of", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  /** As after a reorg that the mirror followed in one step: never without the ticket. */
  async function mintedBy(ticketId: string, hash: string): Promise<void> {
    await house.indexerDb.query({
      text: "UPDATE mirror.ticket SET mint_tx = $2 WHERE ticket_id = $1",
      values: [ticketId.split("_").at(-1), hash],
    });
    await reopenVanished(house);
    await settleLines(house);
  }

  async function lineOf(orderId: string) {
    const { rows } = await house.db.query<{ state: string; reason: string; bid: string }>({
      text: `SELECT line.state, line.reason, tx.hash AS bid FROM sale.mint_line line
             JOIN sale.chain_tx tx ON tx.id = line.tx_id WHERE order_id = $1`,
      values: [orderId],
    });
    return rows[0];
  }

  it("asks for a person when the seat is a stranger's now", async () => {
    const fan = await house.fan();
    const { id, lines } = await buyAndMint(house, fan, stalls(1, 1));
    const stranger = `0x${"5".repeat(64)}`;
    await mintedBy(lines[0]?.ticketId ?? "", stranger);
    const line = await lineOf(id);
    expect(line).to.include({ state: "attention", reason: `minted by ${stranger}` });
    const order = await fan.call("getOrder", { params: { orderId: id } });
    expect(order.state).to.equal("attention");
  });

  it("names the transaction that mints it now, when that is ours", async () => {
    const fan = await house.fan();
    const first = await buyAndMint(house, fan, stalls(1, 2));
    const second = await buyAndMint(house, fan, stalls(1, 3));
    const hash = (await lineOf(second.id))?.bid ?? "";
    await mintedBy(first.lines[0]?.ticketId ?? "", hash);
    expect(await lineOf(first.id)).to.deep.equal({ state: "minted", reason: null, bid: hash });
  });

  it("is left alone while it is as it was", async () => {
    const fan = await house.fan();
    const { id } = await buyAndMint(house, fan, stalls(1, 4));
    expect(await reopenVanished(house)).to.equal(0);
    expect(await lineOf(id)).to.include({ state: "minted" });
  });
});
