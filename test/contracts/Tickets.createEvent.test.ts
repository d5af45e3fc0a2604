// Checks what an event may be created with, and what is stored and announced of it.
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";
import {
  createEvent,
  EVENT,
  ethers,
  eventFixture,
  HOUR_S,
  loadFixture,
  POLICY,
  type Terms,
  termsFor,
  ticketsFixture,
  time,
  ZERO,
} from "./tickets-fixture.ts";

const EVENT_ID_MAX = 2n ** 23n - 1n;

describe("Tickets", () => {
  describe("createEvent", () => {
    it("stores the terms and resolves the freeze to two hours before doors", async () => {
      const stage = await loadFixture(ticketsFixture);
      const terms = await createEvent(stage);
      const event = await stage.tickets.eventOf(EVENT);
      expect(event.organiser).to.equal(terms.organiser);
      expect(event.createdAt).to.equal(await time.latest());
      expect(event.doorsAt).to.equal(terms.doorsAt);
      expect(event.freezeAt).to.equal(terms.doorsAt - 2 * HOUR_S);
      expect(event.policy).to.equal(POLICY.MARKET_ONLY);
      expect(event.maxGifts).to.equal(1);
      expect(event.resaleCapBps).to.equal(11_000);
      expect(event.royaltyBps).to.equal(1_000);
      expect(event.royaltyReceiver).to.equal(terms.royaltyReceiver);
      expect(event.planHash).to.equal(terms.planHash);
    });

    it("announces the terms with the freeze resolved", async () => {
      const stage = await loadFixture(ticketsFixture);
      const terms = await termsFor(stage);
      const resolved = { ...terms, freezeAt: terms.doorsAt - 2 * HOUR_S };
      await expect(stage.tickets.connect(stage.organiser).createEvent(EVENT, terms))
        .to.emit(stage.tickets, "EventCreated")
        .withArgs(EVENT, terms.organiser, Object.values(resolved));
    });

    it("keeps a freeze that was asked for, up to the doors themselves", async () => {
      const stage = await loadFixture(ticketsFixture);
      const { doorsAt } = await termsFor(stage);
      await createEvent(stage, { eventId: 1n, freezeAt: doorsAt });
      await createEvent(stage, { eventId: 2n, freezeAt: doorsAt - 5 * HOUR_S });
      expect((await stage.tickets.eventOf(1n)).freezeAt).to.equal(doorsAt);
      expect((await stage.tickets.eventOf(2n)).freezeAt).to.equal(doorsAt - 5 * HOUR_S);
    });

    it("stores each class's cap, at its limits and next to each other", async () => {
      const stage = await loadFixture(ticketsFixture);
      const caps = [2 ** 24 - 1, 0, 2 ** 24 - 1, 1, 2 ** 24 - 1];
      await createEvent(stage, { caps });
      for (const [cls, cap] of caps.entries()) {
        expect(await stage.tickets.classOf(EVENT, cls)).to.deep.equal([BigInt(cap), 0n]);
      }
    });

    it("accepts the limits of every field", async () => {
      const stage = await loadFixture(ticketsFixture);
      const caps = { resaleCapBps: 65_535, royaltyBps: 10_000, feeCapBps: 0 };
      const limits = { maxGifts: 15, policy: 3, ...caps };
      await createEvent(stage, { eventId: EVENT_ID_MAX, doorsAt: 2 ** 40 - 1, ...limits });
      const event = await stage.tickets.eventOf(EVENT_ID_MAX);
      expect(event.doorsAt).to.equal(2 ** 40 - 1);
      expect([event.maxGifts, event.resaleCapBps, event.royaltyBps, event.policy]).to.deep.equal([
        15n,
        65_535n,
        10_000n,
        3n,
      ]);
    });

    it("accepts no royalty without a receiver", async () => {
      const stage = await loadFixture(ticketsFixture);
      await createEvent(stage, { royaltyBps: 0, royaltyReceiver: ZERO });
      expect((await stage.tickets.eventOf(EVENT)).royaltyReceiver).to.equal(ZERO);
    });

    it("leaves other events as they are", async () => {
      const stage = await loadFixture(eventFixture);
      const before = await stage.tickets.eventOf(EVENT);
      await createEvent(stage, { eventId: EVENT + 1n, planHash: ethers.id("another plan") });
      expect(await stage.tickets.eventOf(EVENT)).to.deep.equal(before);
    });

    for (const eventId of [0n, EVENT_ID_MAX + 1n, 2n ** 255n]) {
      it(`refuses event id ${eventId}`, async () => {
        await refuses({ eventId }, "TicketsEventIdOutOfRange", [eventId]);
      });
    }

    it("refuses an event that exists", async () => {
      const stage = await loadFixture(eventFixture);
      await expect(createEvent(stage))
        .to.be.revertedWithCustomError(stage.tickets, "TicketsEventExists")
        .withArgs(EVENT);
    });

    it("refuses organiser zero", async () => {
      await refuses({ organiser: ZERO }, "TicketsOrganiserZero", [EVENT]);
    });

    it("refuses doors that are not in the future", async () => {
      const doorsAt = await time.latest();
      await refuses({ doorsAt }, "TicketsDoorsInPast", [doorsAt, anyValue]);
    });

    it("refuses doors at the very second of the block", async () => {
      const stage = await loadFixture(ticketsFixture);
      const now = (await time.latest()) + 100;
      await time.setNextBlockTimestamp(now);
      await expect(createEvent(stage, { doorsAt: now }))
        .to.be.revertedWithCustomError(stage.tickets, "TicketsDoorsInPast")
        .withArgs(now, now);
    });

    it("refuses a freeze after doors", async () => {
      const stage = await loadFixture(ticketsFixture);
      const { doorsAt } = await termsFor(stage);
      await expect(createEvent(stage, { doorsAt, freezeAt: doorsAt + 1 }))
        .to.be.revertedWithCustomError(stage.tickets, "TicketsFreezeAfterDoors")
        .withArgs(doorsAt + 1, doorsAt);
    });

    it("refuses more gifts than the counter holds", async () => {
      await refuses({ maxGifts: 16 }, "TicketsMaxGiftsOutOfRange", [16]);
    });

    it("refuses a royalty above the price", async () => {
      await refuses({ royaltyBps: 10_001 }, "TicketsRoyaltyOutOfRange", [10_001]);
    });

    it("refuses a royalty that nobody receives", async () => {
      await refuses({ royaltyReceiver: ZERO }, "TicketsRoyaltyReceiverZero", [EVENT]);
    });

    it("refuses a policy that does not exist", async () => {
      const stage = await loadFixture(ticketsFixture);
      await expect(createEvent(stage, { policy: 4 })).to.be.revertedWithoutReason(ethers);
    });
  });
});

async function refuses(
  changes: Partial<Terms> & { eventId?: bigint },
  error: string,
  args: unknown[],
): Promise<void> {
  const stage = await loadFixture(ticketsFixture);
  await expect(createEvent(stage, changes))
    .to.be.revertedWithCustomError(stage.tickets, error)
    .withArgs(...args);
}
