// An event's queue as its organiser sees it: counts, what is under way, and the way out for what is stuck.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buy, buyAndMint, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";

describe("an event's queue", () => {
  let house: House;
  let organiser: Client;
  before(async () => {
    house = await openHouse();
    organiser = await house.organiser();
  });
  after(() => house.close());

  const queue = () => organiser.call("getQueue", { params: { eventId: house.eventId } });
  const none = { queued: 0, sent: 0, minted: 0, attention: 0, withdrawn: 0 };

  it("is empty where nobody has bought", async () => {
    const empty = { oldestSeconds: null, batches: [], fees: { tickets: 0, feeMax: "0" } };
    expect(await queue()).to.deep.equal({ counts: none, ...empty, attention: [] });
  });

  it("counts what waits, and says for how long", async () => {
    await buy(house, await house.fan(), stalls(1, 1, 2));
    await house.db.query({
      text: "UPDATE sale.mint_line SET created_at = now() - interval '91 s'",
    });
    const { counts, oldestSeconds } = await queue();
    expect(counts).to.deep.equal({ ...none, queued: 2 });
    expect(oldestSeconds).to.be.within(90, 120);
  });

  it("names the transaction that carries them, with what it can cost", async () => {
    await house.minter.mintWaiting();
    const { counts, batches, fees } = await queue();
    expect(counts).to.deep.equal({ ...none, sent: 2 });
    expect(batches).to.have.lengthOf(1);
    const [batch] = batches;
    expect(batch).to.include({ tickets: 2, bids: 1 });
    expect(BigInt(batch?.feeMax ?? 0) > 0n).to.equal(true);
    expect(fees).to.deep.equal({ tickets: 2, feeMax: batch?.feeMax });
  });

  it("has nothing under way of what the mirror shows", async () => {
    await buyAndMint(house, await house.fan(), stalls(1, 3));
    const { counts, batches, oldestSeconds } = await queue();
    expect(counts).to.deep.equal({ ...none, minted: 3 });
    expect(batches).to.deep.equal([]);
    expect(oldestSeconds).to.equal(null);
  });

  it("gives each stuck ticket its reason and where to refund it, and follows the refund", async () => {
    const { id } = await buy(house, await house.fan(), stalls(2, 1));
    await house.db.query({
      text: `UPDATE sale.mint_line SET state = 'attention', reason = 'TicketsSeatTaken'
             WHERE order_id = $1`,
      values: [id],
    });
    await house.db.query({
      text: "UPDATE sale.order SET state = 'attention' WHERE id = $1",
      values: [id],
    });
    const [stuck] = (await queue()).attention;
    expect(stuck).to.include({ orderId: id, reason: "TicketsSeatTaken", refund: null });
    expect(stuck?.refundPath).to.equal(`/v1/orders/${id}/refunds`);
    await organiser.call("createRefund", {
      params: { orderId: id },
      body: { tickets: [stuck?.ticketId ?? ""], reason: "it could not be minted" },
      key: randomUuid(),
    });
    const [asked] = (await queue()).attention;
    expect(asked?.refundPath ?? null).to.equal(null);
    expect(JSON.stringify(await queue())).not.to.match(/0x[0-9a-f]{40}"/);
  });
});
