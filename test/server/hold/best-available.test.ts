// The best seats that are left, over HTTP: together, in a budget, accessible, and what is left to a loser.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { packSeat } from "#server/domain/ticket-id.ts";
import { hold, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { expectProblem } from "../../support/refusals.ts";
import { changePlan, rankInOrder, seatHouse } from "../../support/seat-house.ts";

const balcony = (row: number, ...seats: number[]) =>
  seats.map((seat) => packSeat({ section: 2, row, seat }));

describe("the best available seats", () => {
  let house: House;
  /** A house with another plan, from before anybody reads it; wiped after each test. */
  const within = (prepare: () => Promise<unknown>) => {
    before(async () => {
      house = await openHouse();
      await rankInOrder(house);
      await prepare();
    });
    after(() => house.close());
    afterEach(() => house.redis.flushdb());
  };

  type Best = { places: number; [wish: string]: unknown };
  const best = (fan: Client, wish: Best) =>
    fan.call("createHold", { params: { eventId: house.eventId }, body: { best: wish } });

  describe("of an ordinary house", () => {
    within(async () => undefined);

    it("are next to each other, and the next fan gets the next best without a gap", async () => {
      const made = [];
      for (const places of [3, 4, 5]) made.push(await best(await house.fan(), { places }));
      expect(made.map(({ seats }) => seats)).to.deep.equal([
        stalls(1, 1, 2, 3),
        stalls(1, 4, 5, 6, 7),
        stalls(1, 8, 9, 10, 11, 12),
      ]);
    });

    it("leave no lone seat while there is another choice", async () => {
      await hold(house, await house.fan(), stalls(1, 5, 6, 7, 8));
      await hold(house, await house.fan(), stalls(1, 12, 13));
      // Free in the row: 1 to 4, 9 to 11 and 14. Three of the four would leave one alone.
      expect((await best(await house.fan(), { places: 3 })).seats).to.deep.equal(
        stalls(1, 9, 10, 11),
      );
      expect((await best(await house.fan(), { places: 3 })).seats).to.deep.equal(
        stalls(2, 1, 2, 3),
      );
      expect((await best(await house.fan(), { places: 4 })).seats).to.deep.equal(
        stalls(1, 1, 2, 3, 4),
      );
      expect((await best(await house.fan(), { places: 1 })).seats).to.deep.equal(stalls(1, 14));
    });

    it("keep to the category and to the budget", async () => {
      const fan = await house.fan();
      const inCategory = await best(fan, { places: 2, category: 3 });
      expect(inCategory.seats).to.deep.equal(balcony(1, 1, 2));
      expect((await best(fan, { places: 2, priceMax: "3600" })).seats).to.deep.equal(
        stalls(4, 1, 2),
      );
      const cheap = await best(fan, { places: 2, totalMax: "4800" });
      expect(cheap).to.deep.include({ seats: balcony(1, 3, 4), total: "4800" });
      const none = await expectProblem(best(fan, { places: 2, totalMax: "100" }), "hold/none-left");
      expect(none.largest).to.equal(0);
    });

    it("know what came back, and what ended by itself", async () => {
      const [ann, ben] = [await house.fan(), await house.fan()];
      const made = await best(ann, { places: 2 });
      await ann.call("releaseHold", { params: { eventId: house.eventId, holdId: made.id } });
      expect((await best(ben, { places: 2 })).seats).to.deep.equal(made.seats);
      await house.redis.flushdb();
      expect((await best(ann, { places: 2 })).seats).to.deep.equal(made.seats);
    });

    it("are named to who lost a race: the nearest, as many, in the same category", async () => {
      await hold(house, await house.fan(), stalls(2, 6, 7));
      const problem = await expectProblem(
        hold(house, await house.fan(), stalls(2, 6, 7)),
        "hold/seat-taken",
      );
      const alternatives = problem.alternatives as number[][];
      expect(alternatives).to.have.lengthOf(3);
      expect([stalls(1, 6, 7), stalls(3, 6, 7)]).to.deep.include(alternatives[0]);
      for (const seats of alternatives) {
        await hold(house, await house.fan(), seats);
      }
    });

    it("count against the limits like chosen ones", async () => {
      const fan = await house.fan();
      await best(fan, { places: 6 });
      await expectProblem(best(fan, { places: 3 }), "hold/limit-reached");
      await expectProblem(best(fan, { places: 9 }), "hold/limit-reached");
      await expectProblem(best(fan, { places: 0 }), "request/invalid");
      const both = { seats: stalls(1, 1), best: { places: 1 } };
      const params = { eventId: house.eventId };
      await expectProblem(fan.call("createHold", { params, body: both }), "request/invalid");
    });
  });

  describe("of a house with places that are not for everybody", () => {
    within(() =>
      changePlan(
        house,
        `UPDATE sale.seat SET
           access = CASE WHEN seat >> 12 = 4097 AND seat & 4095 = 1 THEN 1
                         WHEN seat >> 12 = 4097 AND seat & 4095 IN (2, 3) THEN 2 ELSE 0 END,
           class = CASE WHEN seat >> 12 = 4098 THEN 2 ELSE 0 END
         WHERE deployment = $1 AND event_id = $2`,
      ),
    );

    it("give wheelchair places and the seats beside them only to who asks for them", async () => {
      const fan = await house.fan();
      expect((await best(fan, { places: 2 })).seats).to.deep.equal(stalls(1, 4, 5));
      const { seats } = await best(fan, { places: 2, wheelchairs: 1 });
      expect(seats).to.deep.equal(stalls(1, 1, 2));
      await expectProblem(best(fan, { places: 1, wheelchairs: 1 }), "hold/none-left");
      await expectProblem(best(fan, { places: 1, wheelchairs: 2 }), "request/invalid");
    });

    it("cannot be picked from the map either, when they are kept for wheelchair users", async () => {
      const fan = await house.fan();
      const pick = (seats: number[], accessible?: true) =>
        fan.call("createHold", {
          params: { eventId: house.eventId },
          body: { seats, ...(accessible && { accessible }) },
        });
      const problem = await expectProblem(pick(stalls(1, 1, 2, 4)), "hold/access-seat");
      expect(problem.seats).to.deep.equal(stalls(1, 1, 2));
      await expectProblem(pick(stalls(1, 2, 3), true), "hold/access-seat");
      expect((await pick(stalls(1, 1, 2), true)).seats).to.deep.equal(stalls(1, 1, 2));
    });

    it("are never of a class that is not on sale", async () => {
      const fan = await house.fan();
      expect((await best(fan, { places: 2 })).seats).to.deep.equal(stalls(1, 4, 5));
      expect((await best(fan, { places: 6, category: 1 })).seats[0]).to.equal(stalls(1, 6)[0]);
      const [first] = (await best(await house.fan(), { places: 7, category: 1 })).seats;
      expect(first).to.equal(stalls(3, 1)[0]);
      await expectProblem(hold(house, fan, stalls(2, 1)), "hold/sale-closed");
    });
  });

  describe("of a house of two short rows", () => {
    within(() => seatHouse(house, { sections: 1, rows: 2, seats: 6 }));

    it("are apart only for who does not mind, in as few groups as can be", async () => {
      await hold(
        house,
        await house.fan(),
        [4, 10].flatMap((n) => stalls(n > 6 ? 2 : 1, n > 6 ? n - 6 : n)),
      );
      const fan = await house.fan();
      const problem = await expectProblem(best(fan, { places: 5 }), "hold/none-left");
      expect(problem.largest).to.equal(3);
      const made = await best(fan, { places: 5, together: false });
      expect(made.seats).to.deep.equal([...stalls(1, 1, 2, 3), ...stalls(1, 5, 6)]);
    });
  });
});
