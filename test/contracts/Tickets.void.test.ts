// Checks what the only coercion does to a ticket, and what limits it.
import { expect } from "chai";
import {
  createEvent,
  DAY_S,
  EVENT,
  eventFixture,
  FLAG,
  loadFixture,
  mint,
  seatId,
  soldFixture,
  time,
} from "./tickets-fixture.ts";

const LIMIT = 50;

describe("Tickets", () => {
  describe("void", () => {
    it("marks tickets as void and leaves them with their holder", async () => {
      const { tickets, refunder, alice, id } = await loadFixture(soldFixture);
      const sent = tickets.connect(refunder).void([id + 2n, id]);
      await expect(sent).to.emit(tickets, "TicketVoided").withArgs(id);
      await expect(sent)
        .to.emit(tickets, "TicketVoided")
        .withArgs(id + 2n);
      await expect(sent)
        .to.emit(tickets, "BatchMetadataUpdate")
        .withArgs(id, id + 2n);
      for (const [ticketId, flags] of [
        [id, FLAG.VOID],
        [id + 1n, 0n],
        [id + 2n, FLAG.VOID],
      ] as const) {
        expect((await tickets.ticketOf(ticketId)).flags).to.equal(flags | FLAG.CARD);
        expect(await tickets.ownerOf(ticketId)).to.equal(alice);
      }
      expect(await tickets.balanceOf(alice)).to.equal(3n);
    });

    it("refuses a ticket that is void, also twice in one list", async () => {
      const { tickets, refunder, id } = await loadFixture(soldFixture);
      await expect(tickets.connect(refunder).void([id, id]))
        .to.be.revertedWithCustomError(tickets, "TicketsTicketVoid")
        .withArgs(id);
      await tickets.connect(refunder).void([id]);
      await expect(tickets.connect(refunder).void([id]))
        .to.be.revertedWithCustomError(tickets, "TicketsTicketVoid")
        .withArgs(id);
    });

    it("refuses a ticket that was used: its holder is inside", async () => {
      const { tickets, gate, refunder, id, terms } = await loadFixture(soldFixture);
      await time.increaseTo(terms.doorsAt);
      await tickets.connect(gate).checkIn(id);
      await expect(tickets.connect(refunder).void([id + 1n, id]))
        .to.be.revertedWithCustomError(tickets, "TicketsTicketUsed")
        .withArgs(id);
      expect((await tickets.ticketOf(id + 1n)).flags).to.equal(FLAG.CARD);
    });

    it("refuses a ticket that does not exist", async () => {
      const { tickets, refunder, id } = await loadFixture(soldFixture);
      await expect(tickets.connect(refunder).void([id + 9n]))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(id + 9n);
    });

    it("refuses an empty list", async () => {
      const { tickets, refunder } = await loadFixture(soldFixture);
      await expect(tickets.connect(refunder).void([])).to.be.revertedWithCustomError(
        tickets,
        "TicketsListEmpty",
      );
    });

    it("takes 50 tickets of an event a day, and no more until the next UTC day", async () => {
      const stage = await loadFixture(fullRowFixture);
      const { tickets, refunder, nextDay } = stage;
      await tickets.connect(refunder).void(seats(0, 30));
      await expect(tickets.connect(refunder).void(seats(30, 21)))
        .to.be.revertedWithCustomError(tickets, "TicketsVoidLimitReached")
        .withArgs(EVENT, LIMIT);
      await tickets.connect(refunder).void(seats(30, 20));
      await time.setNextBlockTimestamp(nextDay - 1);
      await expect(tickets.connect(refunder).void(seats(50, 1)))
        .to.be.revertedWithCustomError(tickets, "TicketsVoidLimitReached")
        .withArgs(EVENT, LIMIT);
      await time.setNextBlockTimestamp(nextDay);
      await tickets.connect(refunder).void(seats(50, LIMIT));
      await expect(tickets.connect(refunder).void(seats(100, 1)))
        .to.be.revertedWithCustomError(tickets, "TicketsVoidLimitReached")
        .withArgs(EVENT, LIMIT);
    });

    it("counts each event on its own", async () => {
      const stage = await loadFixture(fullRowFixture);
      const { tickets, refunder, alice } = stage;
      await createEvent(stage, { eventId: 8n });
      await mint(stage, { eventId: 8n, to: alice.address });
      await tickets.connect(refunder).void(seats(0, LIMIT));
      await tickets.connect(refunder).void([seatId({ eventId: 8n })]);
      expect((await tickets.ticketOf(seatId({ eventId: 8n }))).flags).to.equal(
        FLAG.VOID | FLAG.CARD,
      );
    });
  });
});

/** alice holds 200 neighbours, early on a UTC day. */
async function fullRowFixture() {
  const stage = await eventFixture();
  const nextDay = (Math.floor((await time.latest()) / DAY_S) + 2) * DAY_S;
  await time.increaseTo(nextDay - DAY_S);
  await mint(stage, { to: stage.alice.address, count: 200 });
  return { ...stage, nextDay };
}

function seats(from: number, count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => seatId({ seat: BigInt(1 + from + i) }));
}
