// Checks that no new date puts escrow, refunds and the gate out of reach.
import { expect } from "chai";
import { DAY_S, EVENT, eventFixture, loadFixture, time } from "./tickets-fixture.ts";

const POSTPONED_MAX_S = 730 * DAY_S;

describe("Tickets", () => {
  describe("reschedule, far ahead", () => {
    it("is refused from two years on, to the second", async () => {
      const { tickets, organiser } = await loadFixture(eventFixture);
      const latest = (await time.latest()) + POSTPONED_MAX_S;
      const { reschedule } = tickets.connect(organiser);
      for (const wanted of [latest + 1, 2 ** 40 - 1]) {
        await expect(reschedule.staticCall(EVENT, wanted))
          .to.be.revertedWithCustomError(tickets, "TicketsDoorsTooLate")
          .withArgs(EVENT, latest, wanted);
      }
      await reschedule.staticCall(EVENT, latest);
      await reschedule(EVENT, latest);
      expect((await tickets.eventOf(EVENT)).doorsAt).to.equal(latest);
    });
  });
});
