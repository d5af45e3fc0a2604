// Checks how a holder lets others move tickets, and how that ends.
import { expect } from "chai";
import { AT, FLAG, loadFixture, soldFixture, wordOf, ZERO } from "./tickets-fixture.ts";

describe("Tickets", () => {
  describe("approve", () => {
    it("names one wallet for one ticket", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, alice, bob, id } = stage;
      await expect(tickets.connect(alice).approve(bob, id))
        .to.emit(tickets, "Approval")
        .withArgs(alice, bob, id);
      expect(await tickets.getApproved(id)).to.equal(bob);
      expect(await tickets.getApproved(id + 1n)).to.equal(ZERO);
      expect((await wordOf(stage, id)) >> AT.flags).to.equal(FLAG.APPROVED | FLAG.CARD);
    });

    it("is taken back by naming wallet zero", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, alice, bob, id } = stage;
      const before = await wordOf(stage, id);
      await tickets.connect(alice).approve(bob, id);
      await expect(tickets.connect(alice).approve(ZERO, id))
        .to.emit(tickets, "Approval")
        .withArgs(alice, ZERO, id);
      expect(await tickets.getApproved(id)).to.equal(ZERO);
      expect(await wordOf(stage, id)).to.equal(before);
    });

    it("does not raise the nonce: what the holder signed stays valid", async () => {
      const { tickets, alice, bob, id } = await loadFixture(soldFixture);
      await tickets.connect(alice).approve(bob, id);
      expect((await tickets.ticketOf(id)).nonce).to.equal(0n);
    });

    it("is open to an operator for all of the holder's tickets", async () => {
      const { tickets, alice, bob, carol, id } = await loadFixture(soldFixture);
      await tickets.connect(alice).setApprovalForAll(bob, true);
      await tickets.connect(bob).approve(carol, id);
      expect(await tickets.getApproved(id)).to.equal(carol);
    });

    it("refuses anybody else, the approved wallet included", async () => {
      const { tickets, alice, bob, admin, id } = await loadFixture(soldFixture);
      await tickets.connect(alice).approve(bob, id);
      for (const caller of [bob, admin]) {
        await expect(tickets.connect(caller).approve(caller, id))
          .to.be.revertedWithCustomError(tickets, "ERC721InvalidApprover")
          .withArgs(caller);
      }
    });

    it("refuses a ticket that does not exist", async () => {
      const { tickets, alice, bob, id } = await loadFixture(soldFixture);
      await expect(tickets.connect(alice).approve(bob, id + 50n))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(id + 50n);
      await expect(tickets.getApproved(id + 50n))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(id + 50n);
    });
  });

  describe("setApprovalForAll", () => {
    it("names an operator, and takes it back", async () => {
      const { tickets, alice, bob } = await loadFixture(soldFixture);
      await expect(tickets.connect(alice).setApprovalForAll(bob, true))
        .to.emit(tickets, "ApprovalForAll")
        .withArgs(alice, bob, true);
      expect(await tickets.isApprovedForAll(alice, bob)).to.equal(true);
      expect(await tickets.isApprovedForAll(bob, alice)).to.equal(false);
      await expect(tickets.connect(alice).setApprovalForAll(bob, false))
        .to.emit(tickets, "ApprovalForAll")
        .withArgs(alice, bob, false);
      expect(await tickets.isApprovedForAll(alice, bob)).to.equal(false);
    });

    it("refuses operator zero", async () => {
      const { tickets, alice } = await loadFixture(soldFixture);
      await expect(tickets.connect(alice).setApprovalForAll(ZERO, true))
        .to.be.revertedWithCustomError(tickets, "ERC721InvalidOperator")
        .withArgs(ZERO);
    });
  });
});
