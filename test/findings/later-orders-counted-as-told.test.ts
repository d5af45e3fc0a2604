// Found: how many orders were told of a change went by their ids, so orders made later were counted too.
import { expect } from "chai";
import { tellOrders } from "#server/event/act/tell-orders.ts";
import { buy, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { daysAhead } from "../support/organise.ts";

/** After every id that an order can have, as the last one that was told may nearly be. */
const LAST_ID = "ord_z";

describe("an order that is made after all were told of a change", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("counts neither as told nor as still to be told", async () => {
    const { db, event, eventId } = house;
    const staff = await house.organiser();
    const shown = async () =>
      (await staff.call("getEventActs", { params: { eventId } })).acts[0] ?? {};
    await buy(house, await house.fan(), stalls(1, 1));
    await db.query({
      text: `INSERT INTO sale.event_act
               (deployment, event_id, kind, doors_at, starts_at, ends_at, why, asked_by, state)
             VALUES ($1, $2, 'reschedule', $3, $4, $5, 'test', $6, 'done')`,
      values: [
        ...[event.deployment, event.eventId, daysAhead(60), daysAhead(61), daysAhead(62)],
        `0x${"0a".repeat(20)}`,
      ],
    });
    expect(await shown()).to.include({ ordersTold: 0, ordersToTell: 1, walletsTold: 0 });
    while (await tellOrders(db));
    await db.query({ text: "UPDATE sale.event_act SET told_until = $1", values: [LAST_ID] });
    expect(await shown()).to.include({ ordersTold: 1, ordersToTell: 1, walletsTold: 1 });
    await buy(house, await house.fan(), stalls(1, 3));
    expect(await shown()).to.include({ ordersTold: 1, ordersToTell: 1, walletsTold: 1 });
  });
});
