// Checks that a holder can revoke signatures without moving the ticket.
import { expect } from "chai";
import { AT, loadFixture, soldFixture, wordOf, writeWord } from "./tickets-fixture.ts";

describe("Tickets", () => {
  describe("cancel", () => {
    it("raises the nonce and nothing else", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, alice, id } = stage;
      const before = await wordOf(stage, id);
      await expect(tickets.connect(alice).cancel(id))
        .to.emit(tickets, "AskCancelled")
        .withArgs(id, 1n);
      expect(await wordOf(stage, id)).to.equal(before + (1n << AT.nonce));
    });

    it("stays at nonce 4095 without touching its neighbours", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, alice, id } = stage;
      const word = (await wordOf(stage, id)) | (4_094n << AT.nonce);
      await writeWord(stage, id, word);
      for (let i = 0; i < 2; i += 1) {
        await expect(tickets.connect(alice).cancel(id))
          .to.emit(tickets, "AskCancelled")
          .withArgs(id, 4_095n);
      }
      expect(await wordOf(stage, id)).to.equal(word + (1n << AT.nonce));
    });

    it("refuses everybody but the holder, operators included", async () => {
      const { tickets, alice, bob, admin, id } = await loadFixture(soldFixture);
      await tickets.connect(alice).approve(bob, id);
      await tickets.connect(alice).setApprovalForAll(bob, true);
      for (const caller of [bob, admin]) {
        await expect(tickets.connect(caller).cancel(id))
          .to.be.revertedWithCustomError(tickets, "TicketsNotHolder")
          .withArgs(caller, id);
      }
    });

    it("refuses a ticket that does not exist", async () => {
      const { tickets, alice, id } = await loadFixture(soldFixture);
      await expect(tickets.connect(alice).cancel(id + 9n))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(id + 9n);
    });
  });
});
