// A fan whose answer got lost asked for the best seats again, and held twice as many places.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import type { CallInput } from "#server/api/client.ts";
import { randomUuid } from "#server/platform/random.ts";
import { type House, openHouse } from "../support/house.ts";
import { expectProblem } from "../support/refusals.ts";
import { addArea, seatHouse } from "../support/seat-house.ts";

/** One row: whoever holds four of its seats leaves no four to anybody else. */
const HALL = { sections: 1, rows: 1, seats: 6 };

describe("finding: a lost answer held twice", () => {
  let house: House;
  let area: number;
  before(async () => {
    house = await openHouse();
    await seatHouse(house, HALL);
    area = await addArea(house, 5);
  });
  after(() => house.close());
  afterEach(() => house.redis.flushdb());

  type Body = NonNullable<CallInput<"createHold">["body"]>;
  const ask = (fan: Client, body: Body, key?: string) =>
    fan.call("createHold", {
      params: { eventId: house.eventId },
      body,
      ...(key === undefined ? {} : { key }),
    });
  const holdsOf = async (fan: Client) => (await fan.call("listHolds")).holds;

  const WISHES = {
    "the best seats": () => ({ best: { places: 4 } }),
    "places of an area": () => ({ areas: [{ area, places: 4 }] }),
    both: () => ({ best: { places: 3 }, areas: [{ area, places: 2 }] }),
  };
  for (const [name, wish] of Object.entries(WISHES)) {
    it(`gives the same hold of ${name} to the same key`, async () => {
      const fan = await house.fan();
      const key = randomUuid();
      const first = await ask(fan, wish(), key);
      expect(await ask(fan, wish(), key)).to.deep.equal(first);
      expect(await holdsOf(fan)).to.have.lengthOf(1);
    });

    it(`makes one hold of ${name} when the tries overlap`, async () => {
      const fan = await house.fan();
      const key = randomUuid();
      const made = await Promise.all([1, 2, 3].map(() => ask(fan, wish(), key)));
      expect(new Set(made.map(({ id }) => id)).size).to.equal(1);
      expect(await holdsOf(fan)).to.have.lengthOf(1);
    });
  }

  it("makes another hold for another key, another fan, and no key as it was", async () => {
    const [ann, ben] = [await house.fan(), await house.fan()];
    const key = randomUuid();
    const wish = { areas: [{ area, places: 1 }] };
    const made = [await ask(ann, wish, key), await ask(ann, wish, randomUuid())];
    made.push(await ask(ben, wish, key), await ask(ben, wish));
    expect(new Set(made.map(({ id }) => id)).size).to.equal(4);
  });

  it("refuses the key of another request, and knows an extended hold again", async () => {
    const fan = await house.fan();
    const key = randomUuid();
    const { id: holdId } = await ask(fan, { best: { places: 2 } }, key);
    await expectProblem(ask(fan, { best: { places: 3 } }, key), "request/key-reused");
    await expectProblem(ask(fan, { areas: [{ area, places: 1 }] }, key), "request/key-reused");
    await fan.call("extendHold", { params: { eventId: house.eventId, holdId } });
    const again = await ask(fan, { best: { places: 2 } }, key);
    expect(again).to.include({ id: holdId, extended: true });
  });

  it("holds anew once the hold was given back", async () => {
    const fan = await house.fan();
    const key = randomUuid();
    const { id: holdId } = await ask(fan, { best: { places: 2 } }, key);
    await fan.call("releaseHold", { params: { eventId: house.eventId, holdId } });
    expect(await holdsOf(fan)).to.have.lengthOf(0);
    await ask(fan, { best: { places: 2 } }, key);
    expect(await holdsOf(fan)).to.have.lengthOf(1);
  });
});
