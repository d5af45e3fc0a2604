// A refund that named the ticket of another collection took back the one of the same number in this.
import { expect } from "chai";
import { randomUuid } from "#server/platform/random.ts";
import { buy, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { expectProblem } from "../support/refusals.ts";

describe("a refund", () => {
  let house: House;
  before(async () => {
    house = await openHouse({ collections: 2 });
  });
  after(() => house.close());

  it("takes back what it names, and nothing of the same number", async () => {
    const { id, lines } = await buy(house, await house.fan(), stalls(1, 3, 4));
    const [first = "", second = ""] = lines.map(({ ticketId }) => ticketId);
    const staff = await house.organiser();
    const ask = (tickets: string[]) =>
      staff.call("createRefund", {
        params: { orderId: id },
        body: { tickets, reason: "The fan asked for it." },
        key: randomUuid(),
      });
    const elsewhere = second.replace("tkt_1_", "tkt_2_");
    const problem = await expectProblem(ask([first, elsewhere]), "refund/impossible");
    expect(problem.tickets).to.deep.equal([{ ticketId: elsewhere, why: "not-of-order" }]);
    const refund = await ask([first, second]);
    expect(refund.lines.map(({ ticketId }) => ticketId).sort()).to.deep.equal([first, second]);
  });
});
