// Two contracts side by side: an artist's own collection next to the house's, from one server (D11).
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { randomUuid } from "#server/platform/random.ts";
import { mint, pay, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";

describe("collections side by side", () => {
  let house: House;
  let fan: Client;
  before(async () => {
    house = await openHouse({ collections: 2 });
    fan = await house.fan();
  });
  after(() => house.close());

  async function buyFrom(eventId: string, seats: number[]) {
    const { id: holdId } = await fan.call("createHold", { params: { eventId }, body: { seats } });
    const order = await fan.call("createOrder", { body: { eventId, holdId }, key: randomUuid() });
    await pay(fan, order.id);
    return order.id;
  }

  it("are listed together and told apart by their ids", async () => {
    expect(house.eventIds).to.deep.equal(["evt_1_1", "evt_2_1"]);
    const { events } = await fan.call("listEvents");
    expect(events.map(({ id }) => id)).to.have.members(house.eventIds);
    const { deployments } = await fan.call("getConfig");
    expect(new Set(deployments.map(({ tickets }) => tickets)).size).to.equal(2);
  });

  it("sell the same seat of the same event number once each", async () => {
    const seats = stalls(1, 1, 2);
    const orders: string[] = [];
    for (const eventId of house.eventIds) orders.push(await buyFrom(eventId, seats));
    for (const orderId of orders) {
      expect((await mint(house, fan, orderId)).state).to.equal("fulfilled");
    }
    const { tickets } = await fan.call("listTickets", { query: { owner: fan.account.address } });
    expect(tickets.map(({ eventId }) => eventId)).to.deep.equal([
      "evt_1_1",
      "evt_1_1",
      "evt_2_1",
      "evt_2_1",
    ]);
    expect(new Set(tickets.map(({ tokenId }) => tokenId)).size).to.equal(2);
    expect(new Set(tickets.map(({ mintTx }) => mintTx)).size).to.equal(2);
  });
});
