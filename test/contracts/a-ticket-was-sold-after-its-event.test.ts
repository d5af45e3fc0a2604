// Checks that nothing is sold once an event's escrow may be paid out.
import { expect } from "chai";
import { FACE, nativeOffice, orderFor } from "./office-fixture.ts";
import { DAY_S, EVENT, loadFixture, time } from "./tickets-fixture.ts";

describe("BoxOffice", () => {
  it("refuses an order from three days after doors on, to the second", async () => {
    const stage = await loadFixture(nativeOffice);
    const { office, alice, server, terms } = stage;
    const overAt = terms.doorsAt + 3 * DAY_S;
    const { order, signature } = await orderFor(stage, { deadline: overAt + DAY_S });
    const buy = () => office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
    await time.setNextBlockTimestamp(overAt);
    await expect(buy())
      .to.be.revertedWithCustomError(office, "BoxOfficeEventOver")
      .withArgs(EVENT, overAt);
  });

  it("sells in the last second before that", async () => {
    const stage = await loadFixture(nativeOffice);
    const { office, alice, server, terms } = stage;
    const overAt = terms.doorsAt + 3 * DAY_S;
    const { order, signature } = await orderFor(stage, { deadline: overAt });
    await time.setNextBlockTimestamp(overAt - 1);
    await office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
    expect(await office.escrowOf(EVENT)).to.equal(2n * FACE);
  });
});
