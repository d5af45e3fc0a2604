// Checks that the price of a ticket goes to its holder or to the organiser, once, and in time.
import { expect } from "chai";
import {
  FACE,
  nativeOffice,
  type Office,
  orderFor,
  TOKEN_FACE,
  tokenOffice,
} from "./office-fixture.ts";
import {
  AT,
  createEvent,
  DAY_S,
  EVENT,
  ethers,
  FLAG,
  loadFixture,
  mint,
  PRICE,
  seatId,
  time,
  wordOf,
  writeWord,
  ZERO,
} from "./tickets-fixture.ts";

const RELEASE_S = 3 * DAY_S;

describe("BoxOffice", () => {
  describe("refund", () => {
    it("pays whoever holds the tickets of a cancelled event, at anybody's call, once", async () => {
      const stage = await loadFixture(soldOffice);
      const { office, tickets, organiser, alice, bob, stranger, id } = stage;
      await tickets.connect(alice).transferFrom(alice, bob, id);
      await tickets.connect(organiser).cancelEvent(EVENT);
      const sent = office.connect(stranger).refund([id, id + 1n]);
      await expect(sent).to.changeEtherBalances(
        ethers,
        [alice, bob, office],
        [FACE, FACE, -2n * FACE],
      );
      await expect(sent).to.emit(office, "Refunded").withArgs(id, bob, FACE);
      expect(await office.escrowOf(EVENT)).to.equal(0n);
      await expect(office.refund([id]))
        .to.be.revertedWithCustomError(tickets, "TicketsNotFunded")
        .withArgs(id);
    });

    it("pays tickets that were taken or given back, and no valid ones", async () => {
      const stage = await loadFixture(soldOffice);
      const { office, tickets, organiser, refunder, alice, terms, id } = stage;
      await expect(office.refund([id]))
        .to.be.revertedWithCustomError(tickets, "TicketsNotRefundable")
        .withArgs(id);
      await tickets.connect(refunder).void([id]);
      await tickets.connect(organiser).reschedule(EVENT, terms.doorsAt + DAY_S);
      await tickets.connect(alice).giveBack(id + 1n);
      const sent = office.refund([id, id + 1n]);
      await expect(sent).to.changeEtherBalances(ethers, [alice, office], [2n * FACE, -2n * FACE]);
    });

    it("pays in the token that was paid, and owes a blacklisted holder", async () => {
      const stage = await loadFixture(tokenOffice);
      const { office, token, tickets, organiser, alice, server } = stage;
      const { order, signature } = await orderFor(stage);
      await token.connect(alice).getFunction("approve")(office, 2n * TOKEN_FACE);
      await office.connect(alice).buy(order, server, signature);
      await tickets.connect(organiser).cancelEvent(EVENT);
      await office.refund([seatId({})]);
      await token.getFunction("blacklist")(alice, true);
      await expect(office.refund([seatId({ seat: 2n })]))
        .to.emit(office, "PayoutCredited")
        .withArgs(alice, token, TOKEN_FACE);
      expect(await office.creditOf(alice, token)).to.equal(TOKEN_FACE);
      expect(await token.getFunction("balanceOf")(office)).to.equal(TOKEN_FACE);
    });

    it("pays tickets sold off chain and sold on from what the organiser put in", async () => {
      const stage = await loadFixture(resoldFixture);
      const { office, tickets, organiser, alice, bob, card } = stage;
      await tickets.connect(organiser).cancelEvent(EVENT);
      await expect(office.refund([card]))
        .to.be.revertedWithCustomError(office, "EscrowShort")
        .withArgs(EVENT, FACE);
      await expect(office.connect(organiser).fundRefunds(EVENT, FACE, { value: FACE }))
        .to.emit(office, "RefundsFunded")
        .withArgs(EVENT, FACE);
      const before = (await tickets.ticketOf(card)).flags;
      const sent = office.refund([card]);
      await expect(sent).to.changeEtherBalances(ethers, [alice, bob], [0n, FACE]);
      expect(before).to.equal(FLAG.RESOLD | FLAG.CARD);
      expect((await tickets.ticketOf(card)).flags).to.equal(FLAG.RESOLD | FLAG.VOID);
      await expect(office.refund([card]))
        .to.be.revertedWithCustomError(tickets, "TicketsNotFunded")
        .withArgs(card);
      await expect(office.refund([card + 1n]))
        .to.be.revertedWithCustomError(tickets, "TicketsNotFunded")
        .withArgs(card + 1n);
      expect(await office.escrowOf(EVENT)).to.equal(2n * FACE);
    });

    it("goes on while everything else is paused", async () => {
      const stage = await loadFixture(soldOffice);
      const { office, tickets, guardian, refunder, id } = stage;
      await tickets.connect(guardian).pause(EVENT, 7);
      await tickets.connect(refunder).void([id]);
      await office.refund([id]);
      expect(await office.escrowOf(EVENT)).to.equal(FACE);
    });
  });

  describe("release", () => {
    it("pays the organiser three days after doors, to the second", async () => {
      const stage = await loadFixture(soldOffice);
      const { office, organiser, stranger, terms } = stage;
      const releasedAt = terms.doorsAt + RELEASE_S;
      await time.setNextBlockTimestamp(releasedAt - 1);
      await expect(office.release(EVENT))
        .to.be.revertedWithCustomError(office, "EscrowLocked")
        .withArgs(EVENT, releasedAt);
      await time.setNextBlockTimestamp(releasedAt);
      const sent = office.connect(stranger).release(EVENT);
      await expect(sent).to.changeEtherBalances(
        ethers,
        [organiser, office],
        [2n * FACE, -2n * FACE],
      );
      await expect(sent)
        .to.emit(office, "EscrowReleased")
        .withArgs(EVENT, organiser, 2n * FACE);
      await expect(office.release(EVENT))
        .to.be.revertedWithCustomError(office, "EscrowEmpty")
        .withArgs(EVENT);
    });

    it("keeps what is due for void tickets", async () => {
      const stage = await loadFixture(soldOffice);
      const { office, tickets, refunder, organiser, alice, terms, id } = stage;
      await tickets.connect(refunder).void([id]);
      await time.increaseTo(terms.doorsAt + RELEASE_S);
      await expect(office.release(EVENT)).to.changeEtherBalance(ethers, organiser, FACE);
      await expect(office.refund([id])).to.changeEtherBalance(ethers, alice, FACE);
    });

    it("keeps it after another void ticket was paid back", async () => {
      const stage = await loadFixture(soldOffice);
      const { office, tickets, refunder, alice, organiser, terms, id } = stage;
      await tickets.connect(refunder).void([id, id + 1n]);
      await office.refund([id]);
      expect((await tickets.eventOf(EVENT)).refundsDue).to.equal(PRICE);
      await time.increaseTo(terms.doorsAt + RELEASE_S);
      await expect(office.release(EVENT))
        .to.be.revertedWithCustomError(office, "EscrowEmpty")
        .withArgs(EVENT);
      await expect(office.refund([id + 1n])).to.changeEtherBalances(
        ethers,
        [alice, organiser],
        [FACE, 0n],
      );
    });

    it("never pays the organiser of a cancelled event, and waits for later doors", async () => {
      const stage = await loadFixture(soldOffice);
      const { office, tickets, organiser, terms } = stage;
      const doorsAt = terms.doorsAt + 9 * DAY_S;
      await tickets.connect(organiser).reschedule(EVENT, doorsAt);
      await time.increaseTo(terms.doorsAt + RELEASE_S);
      await expect(office.release(EVENT))
        .to.be.revertedWithCustomError(office, "EscrowLocked")
        .withArgs(EVENT, doorsAt + RELEASE_S);
      await tickets.connect(organiser).cancelEvent(EVENT);
      await time.increaseTo(doorsAt + RELEASE_S);
      await expect(office.release(EVENT))
        .to.be.revertedWithCustomError(office, "EscrowLocked")
        .withArgs(EVENT, 0);
    });
  });

  describe("fundRefunds", () => {
    it("takes exactly the amount, and returns what nobody needed half a year later", async () => {
      const stage = await loadFixture(soldOffice);
      const { office, organiser, bob, terms } = stage;
      await expect(office.fundRefunds(EVENT, 5n, { value: 4n }))
        .to.be.revertedWithCustomError(office, "EscrowPaymentWrong")
        .withArgs(4, 5);
      await office.connect(bob).fundRefunds(EVENT, 5n, { value: 5n });
      expect(await office.fundsOf(EVENT)).to.equal(5n);
      const releasedAt = terms.doorsAt + 180 * DAY_S;
      await expect(office.reclaimFunds(EVENT))
        .to.be.revertedWithCustomError(office, "EscrowLocked")
        .withArgs(EVENT, releasedAt);
      await time.increaseTo(releasedAt);
      const sent = office.reclaimFunds(EVENT);
      await expect(sent).to.changeEtherBalance(ethers, organiser, 5n);
      await expect(sent).to.emit(office, "FundsReclaimed").withArgs(EVENT, 5);
      await expect(office.reclaimFunds(EVENT))
        .to.be.revertedWithCustomError(office, "EscrowEmpty")
        .withArgs(EVENT);
    });

    it("keeps each event's apart", async () => {
      const stage = await loadFixture(soldOffice);
      const { office, bob } = stage;
      await createEvent(stage, { eventId: 8n, boxOffice: await office.getAddress() });
      await office.connect(bob).fundRefunds(EVENT, 5n, { value: 5n });
      expect(await office.fundsOf(8n)).to.equal(0n);
      await office.connect(bob).fundRefunds(8n, 7n, { value: 7n });
      expect(await office.fundsOf(EVENT)).to.equal(5n);
    });
  });
});

/** alice bought seats 1 and 2. */
async function soldOffice() {
  const stage = await nativeOffice();
  const { order, signature } = await orderFor(stage);
  const { office, alice, server } = stage;
  await office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
  return { ...stage, id: seatId({}) };
}

/** As soldOffice; bob bought a ticket from alice that she had paid by card, and she has another. */
async function resoldFixture() {
  const stage = await soldOffice();
  const card = seatId({ row: 5n });
  await mint(stage, { to: stage.alice.address, row: 5n, count: 2 });
  await markResold(stage, card);
  await stage.tickets.connect(stage.alice).transferFrom(stage.alice, stage.bob, card);
  expect(await stage.office.creditOf(stage.bob, ZERO)).to.equal(0n);
  return { ...stage, card };
}

async function markResold(stage: Office, id: bigint): Promise<void> {
  await writeWord(stage, id, (await wordOf(stage, id)) | (FLAG.RESOLD << AT.flags));
}
