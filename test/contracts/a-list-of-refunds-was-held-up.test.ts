// Checks that nobody stops a list of refunds by having one of its tickets refunded first.
import { expect } from "chai";
import { FACE, nativeOffice, orderFor } from "./office-fixture.ts";
import { EVENT, ethers, loadFixture, seatId } from "./tickets-fixture.ts";

const [FIRST, SECOND] = [seatId({}), seatId({ seat: 2n })];
const UNKNOWN = seatId({ seat: 99n });

describe("BoxOffice", () => {
  describe("refund, of a list", () => {
    it("passes over those that were refunded before, and over those that never can be", async () => {
      const stage = await loadFixture(cancelledOffice);
      const { office, stranger, alice } = stage;
      await office.connect(stranger).refund([SECOND]);
      const sent = office.refund([UNKNOWN, SECOND, FIRST, FIRST]);
      await expect(sent).to.changeEtherBalances(ethers, [alice, office], [FACE, -FACE]);
      expect(await office.escrowOf(EVENT)).to.equal(0n);
    });

    it("still says why, of a single one", async () => {
      const { office, tickets } = await loadFixture(cancelledOffice);
      await office.refund([FIRST]);
      await expect(office.refund([FIRST]))
        .to.be.revertedWithCustomError(tickets, "TicketsNotFunded")
        .withArgs(FIRST);
      await expect(office.refund([UNKNOWN]))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(UNKNOWN);
    });
  });
});

/** alice holds two seats of an event that was cancelled. */
async function cancelledOffice() {
  const stage = await nativeOffice();
  const { office, tickets, organiser, server, alice } = stage;
  const { order, signature } = await orderFor(stage);
  await office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
  await tickets.connect(organiser).cancelEvent(EVENT);
  return stage;
}
