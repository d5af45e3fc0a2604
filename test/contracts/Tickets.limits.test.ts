// Checks the tickets contract at the exact second, unit and id where its answer changes.
import { expect } from "chai";
import {
  CLASS,
  createEvent,
  DAY_S,
  EVENT,
  ethers,
  eventFixture,
  FLAG,
  loadFixture,
  mint,
  POLICY,
  PRICE,
  seatId,
  soldFixture,
  ticketsFixture,
  time,
  ZERO,
} from "./tickets-fixture.ts";
import { askFor, signAsk, signPermit } from "./tickets-messages.ts";

const GWEI = 10n ** 9n;
const UNITS_MAX = 2 ** 24 - 1;

describe("Tickets", () => {
  describe("settle, at its limits", () => {
    it("takes an ask in its last second", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, market, alice, bob, id } = stage;
      const ask = await askFor(stage, id);
      const signature = await signAsk(stage, alice, ask);
      await time.setNextBlockTimestamp(ask.deadline);
      await tickets.connect(market).settle(ask, bob, signature);
      expect(await tickets.ownerOf(id)).to.equal(bob);
    });

    it("moves in the last second before the freeze, and not in the first of it", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, market, alice, bob, id, terms } = stage;
      const [late, later] = [terms.freezeAt - 1, terms.freezeAt];
      const ask = await askFor(stage, id, { deadline: later });
      const other = await askFor(stage, id + 1n, { deadline: later });
      const signatures = [await signAsk(stage, alice, ask), await signAsk(stage, alice, other)];
      await time.setNextBlockTimestamp(late);
      await tickets.connect(market).settle(ask, bob, signatures[0]);
      await time.setNextBlockTimestamp(later);
      await expect(tickets.connect(market).settle(other, bob, signatures[1]))
        .to.be.revertedWithCustomError(tickets, "TicketsTransfersFrozen")
        .withArgs(id + 1n, later);
    });

    it("takes a return to the organiser for policy and card lock alone", async () => {
      const stage = await loadFixture(saleFixture);
      const { tickets, market, alice, organiser, refunder, guardian, id } = stage;
      const atFace = { price: PRICE * GWEI };
      const ask = await askFor(stage, id, atFace);
      const signature = await signAsk(stage, alice, ask);
      const settle = () => tickets.connect(market).settle(ask, organiser, signature);
      await tickets.connect(guardian).pause(EVENT, 4);
      await expect(settle()).to.be.revertedWithCustomError(tickets, "TicketsMovesPaused");
      await tickets.unpause(EVENT);
      await tickets.connect(refunder).void([id]);
      await expect(settle()).to.be.revertedWithCustomError(tickets, "TicketsTicketVoid");
    });
  });

  describe("permit, at its limits", () => {
    it("counts in its last second", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, alice, bob, id } = stage;
      const deadline = (await time.latest()) + DAY_S;
      const permit = { spender: bob.address, tokenId: id, nonce: 0n, deadline };
      const signature = await signPermit(stage, alice, permit);
      await time.setNextBlockTimestamp(deadline);
      await tickets.permit(bob, id, deadline, signature);
      expect(await tickets.getApproved(id)).to.equal(bob);
    });
  });

  describe("transferFrom, of a ticket approved to somebody else", () => {
    it("refuses everybody but the one approved", async () => {
      const { tickets, alice, bob, stranger } = await loadFixture(openFixture);
      const id = seatId({});
      await tickets.connect(alice).approve(bob, id);
      await expect(tickets.connect(stranger).transferFrom(alice, stranger, id))
        .to.be.revertedWithCustomError(tickets, "ERC721InsufficientApproval")
        .withArgs(stranger, id);
    });
  });

  describe("reschedule, at its limits", () => {
    it("takes doors of the next second, and not of this one", async () => {
      const stage = await loadFixture(eventFixture);
      const { tickets, organiser, terms } = stage;
      const now = terms.doorsAt + 60;
      await time.setNextBlockTimestamp(now);
      await expect(tickets.connect(organiser).reschedule(EVENT, now))
        .to.be.revertedWithCustomError(tickets, "TicketsDoorsNotLater")
        .withArgs(EVENT, terms.doorsAt, now);
      await time.setNextBlockTimestamp(now + 1);
      await tickets.connect(organiser).reschedule(EVENT, now + 2);
      expect((await tickets.eventOf(EVENT)).doorsAt).to.equal(now + 2);
    });

    it("gives time until doors where the freeze would be in this very second", async () => {
      const stage = await loadFixture(eventFixture);
      const { tickets, organiser, terms } = stage;
      const now = terms.doorsAt + 60;
      const moved = now + (terms.doorsAt - terms.freezeAt);
      await time.setNextBlockTimestamp(now);
      await expect(tickets.connect(organiser).reschedule(EVENT, moved))
        .to.emit(tickets, "EventRescheduled")
        .withArgs(EVENT, moved, now, moved);
    });
  });

  describe("cancelEvent, at its limits", () => {
    it("passes until the second in which the money may be paid out", async () => {
      const stage = await loadFixture(eventFixture);
      const { tickets, organiser, terms } = stage;
      await createEvent(stage, { eventId: 8n, doorsAt: terms.doorsAt });
      const over = terms.doorsAt + 3 * DAY_S;
      await time.setNextBlockTimestamp(over - 1);
      await tickets.connect(organiser).cancelEvent(8n);
      await time.setNextBlockTimestamp(over);
      await expect(tickets.connect(organiser).cancelEvent(EVENT))
        .to.be.revertedWithCustomError(tickets, "TicketsEventOver")
        .withArgs(EVENT, over);
    });
  });

  describe("giveBack, at its limits", () => {
    it("passes in the last second, and not in the one after", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, organiser, alice, id, terms } = stage;
      await tickets.connect(organiser).reschedule(EVENT, terms.doorsAt + DAY_S);
      const until = Number((await tickets.eventOf(EVENT)).refundUntil);
      await time.setNextBlockTimestamp(until - 1);
      await tickets.connect(alice).giveBack(id);
      await time.setNextBlockTimestamp(until);
      await expect(tickets.connect(alice).giveBack(id + 1n))
        .to.be.revertedWithCustomError(tickets, "TicketsReturnClosed")
        .withArgs(id + 1n, until);
    });
  });

  describe("lists of tickets in any order", () => {
    it("name the lowest and the highest, whichever comes first", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, gate, refunder, terms, id } = stage;
      const lists = [
        [id + 1n, id, id + 2n],
        [id, id + 1n, id + 2n],
        [id + 2n, id + 1n, id],
      ];
      await time.increaseTo(terms.doorsAt);
      for (const ids of lists) {
        await expect(tickets.connect(gate).checkInMany(ids))
          .to.emit(tickets, "BatchMetadataUpdate")
          .withArgs(id, id + 2n);
      }
      const others = await voidable(stage);
      await expect(tickets.connect(refunder).void([others + 1n, others, others + 2n]))
        .to.emit(tickets, "BatchMetadataUpdate")
        .withArgs(others, others + 2n);
    });
  });

  describe("void, of a ticket sold off chain", () => {
    it("leaves nothing due from the escrow", async () => {
      const { tickets, refunder, id } = await loadFixture(soldFixture);
      expect((await tickets.ticketOf(id)).flags).to.equal(FLAG.CARD);
      await tickets.connect(refunder).void([id]);
      expect((await tickets.eventOf(EVENT)).refundsDue).to.equal(0n);
    });
  });

  describe("releaseUnits, at its limits", () => {
    it("fills the public class to the last unit that it can count", async () => {
      const stage = await loadFixture(ticketsFixture);
      await createEvent(stage, { caps: [UNITS_MAX - 5, 10, 0, 0, 0] });
      const { tickets, organiser } = stage;
      await tickets.connect(organiser).releaseUnits(EVENT, CLASS.PRESALE, 5);
      expect((await tickets.classOf(EVENT, 0))[0]).to.equal(BigInt(UNITS_MAX));
      await expect(tickets.connect(organiser).releaseUnits(EVENT, CLASS.PRESALE, 1))
        .to.be.revertedWithCustomError(tickets, "TicketsClassCapExceeded")
        .withArgs(EVENT, 0, UNITS_MAX, UNITS_MAX + 1);
    });
  });

  describe("renounceRole", () => {
    it("lets a key give up its own role, and nobody give up another's", async () => {
      const { tickets, gate, stranger } = await loadFixture(ticketsFixture);
      const role = ethers.id("GATE_ROLE");
      await expect(
        tickets.connect(stranger).renounceRole(role, gate),
      ).to.be.revertedWithCustomError(tickets, "AccessControlBadConfirmation");
      await tickets.connect(gate).renounceRole(role, gate);
      expect(await tickets.hasRole(role, gate)).to.equal(false);
    });
  });
});

/** alice holds seats 1 to 3 of an event that one market may resell. */
async function saleFixture() {
  const stage = await eventFixture();
  await stage.tickets.connect(stage.organiser).setMarket(EVENT, stage.market, true);
  await mint(stage, { to: stage.alice.address, count: 3 });
  expect(stage.terms.currency).to.equal(ZERO);
  return { ...stage, id: seatId({}) };
}

async function openFixture() {
  const stage = await ticketsFixture();
  await createEvent(stage, { policy: POLICY.OPEN });
  await mint(stage, { to: stage.alice.address });
  return stage;
}

/** Three more tickets of an event that is still to come. */
async function voidable(stage: Awaited<ReturnType<typeof soldFixture>>): Promise<bigint> {
  const eventId = 8n;
  await createEvent(stage, { eventId });
  await mint(stage, { to: stage.bob.address, eventId, count: 3 });
  return seatId({ eventId });
}
