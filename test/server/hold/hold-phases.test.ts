// What is on sale when, to whom and how much of it: the phase in force decides.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { hold, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { expectProblem } from "../../support/refusals.ts";
import { changePlan } from "../../support/seat-house.ts";

/** Longer than the terms of a sale are kept. */
const NOTICED_MS = 5_100;

describe("phases of a sale", () => {
  let house: House;
  let fan: Client;
  before(async () => {
    house = await openHouse();
    fan = await house.fan();
    await changePlan(
      house,
      `UPDATE sale.seat SET class = CASE (seat >> 12) & 4095 WHEN 1 THEN 1 WHEN 2 THEN 4 ELSE 0 END
       WHERE deployment = $1 AND event_id = $2`,
    );
    await inForce("0, 1", "-1 hour", "1 hour", 3);
  });
  after(() => house.close());

  async function inForce(classes: string, from: string, to: string, perOrder: number) {
    await house.db.query({ text: "DELETE FROM sale.phase" });
    await house.db.query({
      text: `INSERT INTO sale.phase (deployment, event_id, id, name, starts_at, ends_at, classes,
                                     limit_per_order)
             VALUES ($1, $2, 1, 'Phase', now() + $3::interval, now() + $4::interval,
                     ARRAY[${classes}]::smallint[], $5)`,
      values: [house.event.deployment, house.event.eventId, from, to, perOrder],
    });
  }

  it("sell the classes of the phase, and guests' seats in none", async () => {
    await hold(house, fan, stalls(1, 1));
    await hold(house, fan, stalls(3, 1));
    await expectProblem(hold(house, fan, stalls(2, 1)), "hold/sale-closed");
    await expectProblem(hold(house, fan, [...stalls(3, 2), ...stalls(2, 1)]), "hold/sale-closed");
  });

  it("keep one order to its limit", async () => {
    const problem = await expectProblem(
      hold(house, fan, stalls(3, 2, 3, 4, 5)),
      "hold/limit-reached",
    );
    expect(problem).to.include({ limit: 3, wanted: 4 });
    await hold(house, fan, stalls(3, 2, 3, 4));
  });

  it("let who held in time order after the phase, and nobody hold", async () => {
    const late = await house.fan();
    const held = await hold(house, late, stalls(4, 2));
    await inForce("0", "-1 hour", "-1 second", 3);
    await systemClock.sleep(NOTICED_MS);
    await expectProblem(hold(house, late, stalls(4, 3)), "hold/sale-closed");
    const body = { eventId: house.eventId, holdId: held.id };
    expect((await late.call("createOrder", { body, key: randomUuid() })).state).to.equal("claimed");
  }).timeout(20_000);

  it("say when the next one begins", async () => {
    await inForce("0", "1 hour", "2 hours", 3);
    await systemClock.sleep(NOTICED_MS);
    const problem = await expectProblem(hold(house, fan, stalls(5, 1)), "hold/sale-closed");
    const ahead = Date.parse(String(problem.opensAt)) - systemClock.now().getTime();
    expect(ahead).to.be.closeTo(60 * 60_000, 60_000);
  }).timeout(20_000);
});
