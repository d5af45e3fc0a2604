// Checks that a ticket taken back after the payout takes nobody else's refund out of escrow.
import { expect } from "chai";
import { FACE, nativeOffice, orderFor } from "./office-fixture.ts";
import { DAY_S, EVENT, ethers, loadFixture, seatId, time } from "./tickets-fixture.ts";

describe("BoxOffice", () => {
  it("keeps a void ticket's price for its holder after the payout", async () => {
    const stage = await loadFixture(paidOutFixture);
    const { office, tickets, refunder, alice, terms, id } = stage;
    await expect(tickets.connect(refunder).void([id + 1n]))
      .to.be.revertedWithCustomError(tickets, "TicketsEventOver")
      .withArgs(EVENT, terms.doorsAt + 3 * DAY_S);
    await expect(office.refund([id])).to.changeEtherBalance(ethers, alice, FACE);
    expect(await office.escrowOf(EVENT)).to.equal(0n);
  });
});

/** alice bought seats 1 and 2; the first was taken back, and what the second cost is paid out. */
async function paidOutFixture() {
  const stage = await nativeOffice();
  const { office, tickets, refunder, alice, server, terms } = stage;
  const { order, signature } = await orderFor(stage);
  await office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
  const id = seatId({});
  await tickets.connect(refunder).void([id]);
  await time.increaseTo(terms.doorsAt + 3 * DAY_S);
  await office.release(EVENT);
  return { ...stage, id };
}
