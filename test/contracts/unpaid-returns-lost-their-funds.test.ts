// Checks that refund funds stay for void tickets that were sold off chain and on, however late.
import { expect } from "chai";
import { FACE, nativeOffice } from "./office-fixture.ts";
import {
  DAY_S,
  EVENT,
  FLAG,
  loadFixture,
  mint,
  seatId,
  time,
  wordOf,
  writeWord,
  ZERO,
} from "./tickets-fixture.ts";

const FUNDS_KEPT_S = 180 * DAY_S;

describe("BoxOffice", () => {
  describe("reclaimFunds, of an event that owes for returned tickets", () => {
    it("leaves what they are owed, and no more than that", async () => {
      const stage = await loadFixture(resoldOffice);
      const { office, tickets, refunder, organiser, terms, id, bob } = stage;
      await tickets.connect(refunder).void([id]);
      expect((await tickets.eventOf(EVENT)).fundsDue).to.equal(FACE / 10n ** 9n);
      await office.fundRefunds(EVENT, FACE + 5n, { value: FACE + 5n });
      await time.increaseTo(terms.doorsAt + FUNDS_KEPT_S);
      await expect(office.reclaimFunds(EVENT))
        .to.emit(office, "FundsReclaimed")
        .withArgs(EVENT, 5n);
      expect(await office.fundsOf(EVENT)).to.equal(FACE);
      await expect(office.reclaimFunds(EVENT))
        .to.be.revertedWithCustomError(office, "EscrowEmpty")
        .withArgs(EVENT);
      await expect(office.refund([id]))
        .to.emit(office, "Refunded")
        .withArgs(id, bob, FACE);
      expect((await tickets.eventOf(EVENT)).fundsDue).to.equal(0n);
      expect(await office.fundsOf(EVENT)).to.equal(0n);
      expect(await office.creditOf(organiser, ZERO)).to.equal(0n);
    });

    it("owes nothing for a ticket of a cancelled event that was not taken back before", async () => {
      const stage = await loadFixture(resoldOffice);
      const { office, tickets, organiser, id } = stage;
      await tickets.connect(organiser).cancelEvent(EVENT);
      await office.fundRefunds(EVENT, FACE, { value: FACE });
      await office.refund([id]);
      expect((await tickets.eventOf(EVENT)).fundsDue).to.equal(0n);
      expect(await office.fundsOf(EVENT)).to.equal(0n);
    });
  });
});

/** bob holds a ticket that alice paid by card and sold on. */
async function resoldOffice() {
  const stage = await nativeOffice();
  await mint(stage, { to: stage.bob.address, row: 3n });
  const id = seatId({ row: 3n });
  await writeWord(stage, id, (await wordOf(stage, id)) | (FLAG.RESOLD << 224n));
  return { ...stage, id };
}
