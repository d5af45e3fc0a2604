// Checks what organisers and guardians can do to an event after it was created.
import { expect } from "chai";
import {
  CLASS,
  createEvent,
  DAY_S,
  EVENT,
  ethers,
  eventFixture,
  HOUR_S,
  loadFixture,
  mint,
  PRICE,
  run,
  type Stage,
  seatId,
  soldFixture,
  ticketsFixture,
  time,
  ZERO,
} from "./tickets-fixture.ts";

const PAUSE = { MINT: 1, GIFT: 2, SALE: 4 } as const;

describe("Tickets", () => {
  describe("organiser's methods", () => {
    it("are for the event's organiser and holders of the role alone", async () => {
      const stage = await loadFixture(ticketsFixture);
      const { tickets, admin, minter, guardian, organiser, stranger, alice } = stage;
      const terms = await createEvent(stage, { organiser: alice.address });
      const calls = [
        ["reschedule", EVENT, terms.doorsAt + 60],
        ["releaseUnits", EVENT, CLASS.COMP, 1],
        ["setMarket", EVENT, stranger, true],
        ["cancelEvent", EVENT],
      ] as const;
      for (const [method, ...args] of calls) {
        for (const caller of [admin, minter, stranger, guardian]) {
          if (method === "cancelEvent" && caller === guardian) continue;
          await expect(tickets.connect(caller)[method](...args))
            .to.be.revertedWithCustomError(tickets, "TicketsNotOrganiser")
            .withArgs(caller, EVENT);
        }
        await tickets.connect(alice)[method].staticCall(...args);
        await tickets.connect(organiser)[method].staticCall(...args);
      }
    });

    it("refuse an event that does not exist", async () => {
      const { tickets, organiser, guardian } = await loadFixture(ticketsFixture);
      const asOrganiser = tickets.connect(organiser);
      for (const send of [
        () => asOrganiser.reschedule(9n, 1),
        () => asOrganiser.cancelEvent(9n),
        () => asOrganiser.releaseUnits(9n, 1, 1),
        () => asOrganiser.setMarket(9n, ZERO, true),
        () => tickets.connect(guardian).pause(9n, 1),
        () => tickets.connect(guardian).cancelEvent(9n),
        () => tickets.unpause(9n),
        () => tickets.isMarket(9n, ZERO),
      ]) {
        await expect(send())
          .to.be.revertedWithCustomError(tickets, "TicketsEventUnknown")
          .withArgs(9n);
      }
    });
  });

  describe("reschedule", () => {
    it("moves doors and freeze, and lets holders give back for two weeks", async () => {
      const stage = await loadFixture(eventFixture);
      const { tickets, organiser, terms } = stage;
      const at = (await time.latest()) + 100;
      await time.setNextBlockTimestamp(at);
      const moved = terms.doorsAt + 30 * DAY_S;
      const freezeAt = moved - 2 * HOUR_S;
      await expect(tickets.connect(organiser).reschedule(EVENT, moved))
        .to.emit(tickets, "EventRescheduled")
        .withArgs(EVENT, moved, freezeAt, at + 14 * DAY_S);
      const event = await tickets.eventOf(EVENT);
      expect([event.doorsAt, event.freezeAt, event.refundUntil]).to.deep.equal(
        [moved, freezeAt, at + 14 * DAY_S].map(BigInt),
      );
    });

    it("ends the giving back with the freeze", async () => {
      const { tickets, organiser, terms } = await loadFixture(eventFixture);
      await time.increaseTo(terms.doorsAt - HOUR_S);
      await tickets.connect(organiser).reschedule(EVENT, terms.doorsAt + DAY_S);
      const event = await tickets.eventOf(EVENT);
      expect(event.refundUntil).to.equal(event.freezeAt);
    });

    it("refuses doors that are not later, or not in the future", async () => {
      const { tickets, organiser, terms } = await loadFixture(eventFixture);
      const { doorsAt } = terms;
      for (const wanted of [0, doorsAt - 1, doorsAt]) {
        await expect(tickets.connect(organiser).reschedule(EVENT, wanted))
          .to.be.revertedWithCustomError(tickets, "TicketsDoorsNotLater")
          .withArgs(EVENT, doorsAt, wanted);
      }
      await time.increaseTo(doorsAt + HOUR_S);
      await expect(tickets.connect(organiser).reschedule(EVENT, doorsAt + 60))
        .to.be.revertedWithCustomError(tickets, "TicketsDoorsNotLater")
        .withArgs(EVENT, doorsAt, doorsAt + 60);
    });

    it("refuses once the money may be paid out, as a cancellation is", async () => {
      const { tickets, organiser, terms } = await loadFixture(eventFixture);
      const over = terms.doorsAt + 3 * DAY_S;
      await time.increaseTo(over);
      for (const send of [
        () => tickets.connect(organiser).reschedule(EVENT, over + DAY_S),
        () => tickets.connect(organiser).cancelEvent(EVENT),
      ]) {
        await expect(send())
          .to.be.revertedWithCustomError(tickets, "TicketsEventOver")
          .withArgs(EVENT, over);
      }
    });
  });

  describe("cancelEvent", () => {
    it("stops mints and moves for good, by organiser or guardian", async () => {
      for (const key of ["organiser", "guardian"] as const) {
        const stage = await loadFixture(soldFixture);
        const { tickets, alice, bob, id } = stage;
        await expect(tickets.connect(stage[key]).cancelEvent(EVENT))
          .to.emit(tickets, "EventCancelled")
          .withArgs(EVENT);
        expect((await tickets.eventOf(EVENT)).cancelled).to.equal(true);
        await expect(tickets.connect(alice).transferFrom(alice, bob, id))
          .to.be.revertedWithCustomError(tickets, "TicketsTicketCancelled")
          .withArgs(id);
        for (const send of [
          () => mint(stage, { to: bob.address, row: 2n }),
          () => tickets.connect(stage.organiser).cancelEvent(EVENT),
          () => tickets.connect(stage.organiser).reschedule(EVENT, stage.terms.doorsAt + 60),
        ]) {
          await expect(send())
            .to.be.revertedWithCustomError(tickets, "TicketsEventCancelled")
            .withArgs(EVENT);
        }
      }
    });
  });

  describe("pause", () => {
    it("refuses mints and gifts for 72 hours, and neither check-ins nor voids", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, guardian, gate, refunder, alice, bob, id, terms } = stage;
      const at = terms.doorsAt - 5 * HOUR_S;
      const until = at + 72 * HOUR_S;
      await time.setNextBlockTimestamp(at);
      await expect(tickets.connect(guardian).pause(EVENT, PAUSE.MINT | PAUSE.GIFT | PAUSE.SALE))
        .to.emit(tickets, "EventPaused")
        .withArgs(EVENT, 7, until);
      await expect(mint(stage, { to: bob.address, row: 2n }))
        .to.be.revertedWithCustomError(tickets, "TicketsMintPaused")
        .withArgs(EVENT, until);
      await expect(tickets.connect(alice).transferFrom(alice, bob, id))
        .to.be.revertedWithCustomError(tickets, "TicketsMovesPaused")
        .withArgs(id, until);
      await tickets.connect(gate).checkIn(id);
      await tickets.connect(refunder).void([id + 1n]);
      await time.setNextBlockTimestamp(until);
      await mint(stage, { to: bob.address, row: 2n });
    });

    it("is of the named actions alone, and of one event", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, guardian, alice, bob, id } = stage;
      await createEvent(stage, { eventId: 8n });
      await tickets.connect(guardian).pause(EVENT, PAUSE.MINT);
      await tickets.connect(alice).transferFrom(alice, bob, id);
      await mint(stage, { eventId: 8n, to: bob.address });
    });

    it("cannot be prolonged; the admin alone can end it, and then another can begin", async () => {
      const { tickets, admin, guardian } = await loadFixture(soldFixture);
      await tickets.connect(guardian).pause(EVENT, PAUSE.GIFT);
      const { pausedUntil } = await tickets.eventOf(EVENT);
      await expect(tickets.connect(guardian).pause(EVENT, PAUSE.MINT))
        .to.be.revertedWithCustomError(tickets, "TicketsPauseRunning")
        .withArgs(EVENT, pausedUntil);
      await expect(tickets.connect(guardian).unpause(EVENT))
        .to.be.revertedWithCustomError(tickets, "AccessControlUnauthorizedAccount")
        .withArgs(guardian, ethers.ZeroHash);
      await expect(tickets.connect(admin).unpause(EVENT))
        .to.emit(tickets, "EventPaused")
        .withArgs(EVENT, 0, 0);
      expect((await tickets.eventOf(EVENT)).pausedActions).to.equal(0n);
      await tickets.connect(guardian).pause(EVENT, PAUSE.MINT);
    });

    it("refuses nothing and unknown actions, and everybody but a guardian", async () => {
      const { tickets, guardian, organiser } = await loadFixture(soldFixture);
      for (const actions of [0, 8, 255]) {
        await expect(tickets.connect(guardian).pause(EVENT, actions))
          .to.be.revertedWithCustomError(tickets, "TicketsPauseUnknown")
          .withArgs(actions);
      }
      await expect(tickets.connect(organiser).pause(EVENT, 1))
        .to.be.revertedWithCustomError(tickets, "AccessControlUnauthorizedAccount")
        .withArgs(organiser, ethers.id("GUARDIAN_ROLE"));
    });
  });

  describe("releaseUnits", () => {
    it("moves units that are left to the public class", async () => {
      const stage = await loadFixture(eventFixture);
      const { tickets, organiser, minter, alice } = stage;
      const runs = run({ to: alice.address, count: 10 });
      await tickets.connect(minter).mintRuns(EVENT, CLASS.ARTIST, PRICE, runs);
      await expect(tickets.connect(organiser).releaseUnits(EVENT, CLASS.ARTIST, 990))
        .to.emit(tickets, "ClassReleased")
        .withArgs(EVENT, CLASS.ARTIST, 990);
      expect(await tickets.classOf(EVENT, CLASS.ARTIST)).to.deep.equal([10n, 10n]);
      expect(await tickets.classOf(EVENT, CLASS.PUBLIC)).to.deep.equal([1_990n, 0n]);
    });

    it("refuses minted units, the public class, unknown ones, and too many", async () => {
      const stage = await loadFixture(ticketsFixture);
      const { tickets, organiser } = stage;
      await createEvent(stage, { caps: [2 ** 24 - 1, 10, 0, 0, 0] });
      const asOrganiser = tickets.connect(organiser);
      await expect(asOrganiser.releaseUnits(EVENT, CLASS.PRESALE, 11))
        .to.be.revertedWithCustomError(tickets, "TicketsClassUnitsMinted")
        .withArgs(EVENT, CLASS.PRESALE, 10, 11);
      await expect(asOrganiser.releaseUnits(EVENT, CLASS.PRESALE, 1))
        .to.be.revertedWithCustomError(tickets, "TicketsClassCapExceeded")
        .withArgs(EVENT, CLASS.PUBLIC, 2 ** 24 - 1, 2 ** 24);
      for (const cls of [CLASS.PUBLIC, 5]) {
        await expect(asOrganiser.releaseUnits(EVENT, cls, 1))
          .to.be.revertedWithCustomError(tickets, "TicketsClassUnknown")
          .withArgs(cls);
      }
    });
  });

  describe("setMarket", () => {
    it("lets markets on the list until the first sale, and off it at any time", async () => {
      const stage = await loadFixture(eventFixture);
      const { tickets, organiser, market, alice, bob } = stage;
      await expect(tickets.connect(organiser).setMarket(EVENT, market, true))
        .to.emit(tickets, "MarketSet")
        .withArgs(EVENT, market, true);
      expect(await tickets.isMarket(EVENT, market)).to.equal(true);
      expect((await tickets.eventOf(EVENT)).saleStarted).to.equal(false);
      await mint(stage, { to: alice.address });
      expect((await tickets.eventOf(EVENT)).saleStarted).to.equal(true);
      await expect(tickets.connect(organiser).setMarket(EVENT, bob, true))
        .to.be.revertedWithCustomError(tickets, "TicketsSaleStarted")
        .withArgs(EVENT);
      await tickets.connect(organiser).setMarket(EVENT, market, false);
      expect(await tickets.isMarket(EVENT, market)).to.equal(false);
    });
  });

  describe("giveBack", () => {
    it("voids the caller's ticket while doors were moved", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, organiser, alice, bob, id, terms } = stage;
      await expect(tickets.connect(alice).giveBack(id))
        .to.be.revertedWithCustomError(tickets, "TicketsReturnClosed")
        .withArgs(id, 0);
      await tickets.connect(organiser).reschedule(EVENT, terms.doorsAt + DAY_S);
      await expect(tickets.connect(bob).giveBack(id))
        .to.be.revertedWithCustomError(tickets, "TicketsNotHolder")
        .withArgs(bob, id);
      const given = tickets.connect(alice).giveBack(id);
      await expect(given).to.emit(tickets, "TicketVoided").withArgs(id);
      await expect(given).to.emit(tickets, "MetadataUpdate").withArgs(id);
      await expect(tickets.connect(alice).giveBack(id))
        .to.be.revertedWithCustomError(tickets, "TicketsTicketVoid")
        .withArgs(id);
      const { refundUntil } = await tickets.eventOf(EVENT);
      await time.increaseTo(refundUntil);
      await expect(tickets.connect(alice).giveBack(id + 1n))
        .to.be.revertedWithCustomError(tickets, "TicketsReturnClosed")
        .withArgs(id + 1n, refundUntil);
    });
  });

  describe("createEvent, currency", () => {
    it("takes the native coin in gwei and a token in cents", async () => {
      const stage = await loadFixture(eventFixture);
      expect((await stage.tickets.eventOf(EVENT)).faceUnit).to.equal(10n ** 9n);
      for (const [eventId, decimals, faceUnit] of [
        [8n, 6, 10n ** 4n],
        [9n, 2, 1n],
        [10n, 21, 10n ** 19n],
      ] as const) {
        const currency = await tokenWith(decimals);
        await createEvent(stage, { eventId, currency });
        const event = await stage.tickets.eventOf(eventId);
        expect([event.currency, event.faceUnit]).to.deep.equal([currency, faceUnit]);
      }
    });

    it("refuses a token with too few or too many decimals, or that tells none", async () => {
      const stage = await loadFixture(ticketsFixture);
      const silent = await ethers.deployContract("DeafWallet");
      const chatty = await ethers.deployContract("ChattyToken");
      const failing = await ethers.deployContract("FailingToken");
      for (const currency of [
        ...[await tokenWith(1), await tokenWith(22), stage.bob.address],
        ...[await silent.getAddress(), await chatty.getAddress(), await failing.getAddress()],
      ]) {
        await refusesTerms(stage, { currency }, "TicketsCurrencyUnsupported", [currency]);
      }
    });

    it("refuses royalty and fee that exceed the price together", async () => {
      const stage = await loadFixture(ticketsFixture);
      const changes = { royaltyBps: 9_501, feeCapBps: 500 };
      await refusesTerms(stage, changes, "TicketsSharesOutOfRange", [9_501, 500]);
      await createEvent(stage, { royaltyBps: 9_500, feeCapBps: 500 });
    });
  });

  describe("seat of a cancelled event", () => {
    it("stays with its holder", async () => {
      const { tickets, organiser, alice } = await loadFixture(soldFixture);
      await tickets.connect(organiser).cancelEvent(EVENT);
      expect(await tickets.ownerOf(seatId({}))).to.equal(alice);
    });
  });
});

async function tokenWith(decimals: number): Promise<string> {
  const token = await ethers.deployContract("TestToken", [decimals]);
  return token.getAddress();
}

async function refusesTerms(
  stage: Stage,
  changes: object,
  error: string,
  args: unknown[],
): Promise<void> {
  await expect(createEvent(stage, changes))
    .to.be.revertedWithCustomError(stage.tickets, error)
    .withArgs(...args);
}
