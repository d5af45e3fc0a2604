// Checks that a ticket is used once, in time, and by the gate only.
import { expect } from "chai";
import {
  createEvent,
  FLAG,
  HOUR_S,
  loadFixture,
  mint,
  seatId,
  soldFixture,
  time,
} from "./tickets-fixture.ts";

describe("Tickets", () => {
  describe("checkIn", () => {
    it("marks a ticket as used and leaves it with its holder", async () => {
      const { tickets, gate, alice, id } = await loadFixture(doorsFixture);
      const sent = tickets.connect(gate).checkIn(id);
      await expect(sent).to.emit(tickets, "CheckedIn").withArgs(id);
      await expect(sent).to.emit(tickets, "MetadataUpdate").withArgs(id);
      const ticket = await tickets.ticketOf(id);
      expect(ticket.flags).to.equal(FLAG.USED | FLAG.CARD);
      expect(ticket.owner).to.equal(alice);
      expect(ticket.nonce).to.equal(0n);
      expect(await tickets.balanceOf(alice)).to.equal(3n);
    });

    it("opens six hours before doors, to the second", async () => {
      const { tickets, gate, id, terms } = await loadFixture(soldFixture);
      const opensAt = terms.doorsAt - 6 * HOUR_S;
      await time.setNextBlockTimestamp(opensAt - 1);
      await expect(tickets.connect(gate).checkIn(id))
        .to.be.revertedWithCustomError(tickets, "TicketsGateClosed")
        .withArgs(id, opensAt);
      await time.setNextBlockTimestamp(opensAt);
      await expect(tickets.connect(gate).checkIn(id)).to.emit(tickets, "CheckedIn").withArgs(id);
    });

    it("refuses a second time", async () => {
      const { tickets, gate, id } = await loadFixture(doorsFixture);
      await tickets.connect(gate).checkIn(id);
      await expect(tickets.connect(gate).checkIn(id))
        .to.be.revertedWithCustomError(tickets, "TicketsTicketUsed")
        .withArgs(id);
    });

    it("refuses a void ticket", async () => {
      const { tickets, gate, refunder, id } = await loadFixture(doorsFixture);
      await tickets.connect(refunder).void([id]);
      await expect(tickets.connect(gate).checkIn(id))
        .to.be.revertedWithCustomError(tickets, "TicketsTicketVoid")
        .withArgs(id);
    });

    it("refuses a ticket that does not exist", async () => {
      const { tickets, gate, id } = await loadFixture(doorsFixture);
      await expect(tickets.connect(gate).checkIn(id + 9n))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(id + 9n);
    });
  });

  describe("checkInMany", () => {
    it("marks tickets as used, and names their span once", async () => {
      const { tickets, gate, id } = await loadFixture(doorsFixture);
      const sent = tickets.connect(gate).checkInMany([id + 1n, id + 2n, id]);
      for (const used of [id, id + 1n, id + 2n]) {
        await expect(sent).to.emit(tickets, "CheckedIn").withArgs(used);
        expect((await tickets.ticketOf(used)).flags).to.equal(FLAG.USED | FLAG.CARD);
      }
      await expect(sent)
        .to.emit(tickets, "BatchMetadataUpdate")
        .withArgs(id, id + 2n);
    });

    it("passes over tickets that are used already, also twice in one list", async () => {
      const { tickets, gate, id } = await loadFixture(doorsFixture);
      await tickets.connect(gate).checkIn(id);
      const sent = await tickets.connect(gate).checkInMany([id, id + 1n, id + 1n]);
      const receipt = await sent.wait();
      const names = receipt.logs.map((log: { fragment: { name: string } }) => log.fragment.name);
      expect(names).to.deep.equal(["CheckedIn", "BatchMetadataUpdate"]);
      await expect(sent)
        .to.emit(tickets, "CheckedIn")
        .withArgs(id + 1n);
    });

    it("takes tickets of several events, each by its own doors", async () => {
      const stage = await loadFixture(doorsFixture);
      const { tickets, gate, bob, id } = stage;
      const later = await createEvent(stage, { eventId: 8n });
      await mint(stage, { eventId: 8n, to: bob.address });
      const other = seatId({ eventId: 8n });
      await expect(tickets.connect(gate).checkInMany([id, other]))
        .to.be.revertedWithCustomError(tickets, "TicketsGateClosed")
        .withArgs(other, later.doorsAt - 6 * HOUR_S);
      await time.increaseTo(later.doorsAt);
      await expect(tickets.connect(gate).checkInMany([other, id]))
        .to.emit(tickets, "BatchMetadataUpdate")
        .withArgs(id, other);
    });

    it("passes over a void ticket, whose holder it admits no more", async () => {
      const { tickets, gate, refunder, id } = await loadFixture(doorsFixture);
      await tickets.connect(refunder).void([id + 1n]);
      await expect(tickets.connect(gate).checkInMany([id + 1n, id]))
        .to.emit(tickets, "CheckedIn")
        .withArgs(id);
      expect((await tickets.ticketOf(id + 1n)).flags).to.equal(FLAG.VOID | FLAG.CARD);
    });

    it("refuses the whole list for one unknown ticket", async () => {
      const { tickets, gate, id } = await loadFixture(doorsFixture);
      await expect(tickets.connect(gate).checkInMany([id, id + 9n]))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(id + 9n);
      expect((await tickets.ticketOf(id)).flags).to.equal(FLAG.CARD);
    });

    it("refuses an empty list", async () => {
      const { tickets, gate } = await loadFixture(doorsFixture);
      await expect(tickets.connect(gate).checkInMany([])).to.be.revertedWithCustomError(
        tickets,
        "TicketsListEmpty",
      );
    });
  });
});

/** As soldFixture, at doors. */
async function doorsFixture() {
  const stage = await soldFixture();
  await time.increaseTo(stage.terms.doorsAt);
  return stage;
}
