// A price that no ticket's face can hold was sold: its paid order kept the whole event's mints waiting.
import { expect } from "chai";
import type { ErrorCode } from "#server/api/errors.ts";
import { type House, openHouse } from "../support/house.ts";
import { expectProblem } from "../support/refusals.ts";

/** uint48 in contracts/libraries/TicketWord.sol. */
const FACE_MAX = 2n ** 48n - 1n;
const AMOUNT_DIGITS = 14;

describe("a price of an event on sale", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  async function put(price: string) {
    const staff = await house.organiser();
    const params = { eventId: house.eventId };
    const { version, categories } = await staff.call("getDraft", { params });
    const body = { categories: categories.map(({ name }) => ({ name, price })) };
    return staff.call("putCategories", { params, query: { version }, body });
  }

  const bad: [price: string, code: ErrorCode][] = [
    // Publishing refuses it, and a change afterwards did not.
    ["0", "event/invalid"],
    ["-1", "request/invalid"],
    ["48.5", "request/invalid"],
    [String(FACE_MAX + 1n), "request/invalid"],
    [String(2n ** 256n), "request/invalid"],
  ];
  for (const [price, code] of bad) {
    it(`is not ${price}`, async () => {
      const problem = await expectProblem(put(price), code);
      expect(problem.errors?.[0]?.pointer).to.equal("/categories/0/price");
    });
  }

  it("fits the face of a ticket, however high it is", async () => {
    const most = 10n ** BigInt(AMOUNT_DIGITS) - 1n;
    expect(most <= FACE_MAX).to.equal(true);
    const { categories } = await put(String(most));
    expect(new Set(categories.map(({ price }) => price))).to.deep.equal(new Set([String(most)]));
  });
});
