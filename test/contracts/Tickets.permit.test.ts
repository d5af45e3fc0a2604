// Checks that a permit approves on the holder's signature alone, and only while it is current.
import { expect } from "chai";
import {
  AT,
  createEvent,
  DAY_S,
  ethers,
  FLAG,
  loadFixture,
  mint,
  POLICY,
  seatId,
  ticketsFixture,
  time,
  wordOf,
  writeWord,
} from "./tickets-fixture.ts";
import { signPermit } from "./tickets-messages.ts";

describe("Tickets", () => {
  describe("permit", () => {
    it("approves a spender, who can then move the ticket", async () => {
      const stage = await loadFixture(openFixture);
      const { tickets, alice, bob, stranger, id } = stage;
      const { deadline, signature } = await permitFor(stage);
      await expect(tickets.connect(stranger).permit(bob, id, deadline, signature))
        .to.emit(tickets, "Approval")
        .withArgs(alice, bob, id);
      expect(await tickets.getApproved(id)).to.equal(bob);
      await tickets.connect(bob).transferFrom(alice, bob, id);
      expect(await tickets.nonces(id)).to.equal(1n);
      expect(await tickets.nonce(id)).to.equal(1n);
    });

    it("dies when the ticket moves or the holder cancels", async () => {
      const stage = await loadFixture(openFixture);
      const { tickets, alice, bob, id } = stage;
      const { deadline, signature } = await permitFor(stage);
      await tickets.connect(alice).cancel(id);
      await expect(tickets.permit(bob, id, deadline, signature))
        .to.be.revertedWithCustomError(tickets, "TicketsSignatureInvalid")
        .withArgs(alice);
    });

    it("refuses after its deadline, another spender, and another signer", async () => {
      const stage = await loadFixture(openFixture);
      const { tickets, alice, bob, carol, id } = stage;
      const { deadline, signature } = await permitFor(stage);
      await expect(tickets.permit(carol, id, deadline, signature))
        .to.be.revertedWithCustomError(tickets, "TicketsSignatureInvalid")
        .withArgs(alice);
      const message = { spender: bob.address, tokenId: id, nonce: 0n, deadline };
      await expect(tickets.permit(bob, id, deadline, await signPermit(stage, bob, message)))
        .to.be.revertedWithCustomError(tickets, "TicketsSignatureInvalid")
        .withArgs(alice);
      await time.increaseTo(deadline + 1);
      await expect(tickets.permit(bob, id, deadline, signature))
        .to.be.revertedWithCustomError(tickets, "TicketsSignatureExpired")
        .withArgs(id, deadline);
    });

    it("refuses at nonce 4095, and for a ticket that does not exist", async () => {
      const stage = await loadFixture(openFixture);
      const { tickets, bob, id } = stage;
      const { deadline, signature } = await permitFor(stage);
      await expect(tickets.permit(bob, id + 9n, deadline, signature))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(id + 9n);
      await writeWord(stage, id, (await wordOf(stage, id)) | (4_095n << AT.nonce));
      await expect(tickets.permit(bob, id, deadline, signature))
        .to.be.revertedWithCustomError(tickets, "TicketsNonceSpent")
        .withArgs(id);
    });
  });

  describe("locked", () => {
    it("is what a transfer by the holder's own hand would meet (ERC-5192)", async () => {
      const stage = await loadFixture(openFixture);
      const { tickets, id, terms } = stage;
      expect(await tickets.locked(id)).to.equal(false);
      const fresh = await wordOf(stage, id);
      for (const flag of [FLAG.USED, FLAG.VOID, FLAG.LOCKED]) {
        await writeWord(stage, id, fresh | (flag << AT.flags));
        expect(await tickets.locked(id)).to.equal(true);
      }
      await writeWord(stage, id, fresh);
      await time.increaseTo(terms.freezeAt);
      expect(await tickets.locked(id)).to.equal(true);
    });

    for (const view of ["locked", "nonce", "nonces"] as const) {
      it(`${view} refuses a ticket that does not exist`, async () => {
        const { tickets, id } = await loadFixture(openFixture);
        await expect(tickets[view](id + 9n))
          .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
          .withArgs(id + 9n);
      });
    }
  });

  describe("transferFrom, by time since the mint", () => {
    it("keeps a ticket paid by card until the lock ends", async () => {
      const stage = await ticketsFixture();
      await createEvent(stage, { policy: POLICY.OPEN, lockMinutes: 90 });
      await refusesUntil(stage, "TicketsCardLocked", 90 * 60);
    });

    it("keeps any ticket from being given away until the cool-down ends", async () => {
      const stage = await ticketsFixture();
      await createEvent(stage, { cooldownMinutes: 30 });
      await refusesUntil(stage, "TicketsGiftTooEarly", 30 * 60);
    });
  });
});

async function openFixture() {
  const stage = await ticketsFixture();
  const terms = await createEvent(stage, { policy: POLICY.OPEN });
  await mint(stage, { to: stage.alice.address, count: 3 });
  return { ...stage, terms, id: seatId({}) };
}

async function permitFor(stage: Awaited<ReturnType<typeof openFixture>>) {
  const deadline = (await time.latest()) + DAY_S;
  const message = { spender: stage.bob.address, tokenId: stage.id, nonce: 0n, deadline };
  return { deadline, signature: await signPermit(stage, stage.alice, message) };
}

/** The ticket is minted in the event's first minute. */
async function refusesUntil(
  stage: Awaited<ReturnType<typeof ticketsFixture>>,
  error: string,
  seconds: number,
): Promise<void> {
  const { tickets, alice, bob } = stage;
  const id = seatId({});
  await mint(stage, { to: alice.address });
  const until = Number((await tickets.eventOf(id >> 40n)).createdAt) + seconds;
  await time.setNextBlockTimestamp(until - 1);
  await expect(tickets.connect(alice).transferFrom(alice, bob, id))
    .to.be.revertedWithCustomError(tickets, error)
    .withArgs(id, until);
  expect(await tickets.locked(id)).to.equal(true);
  await time.setNextBlockTimestamp(until);
  await tickets.connect(alice).transferFrom(alice, bob, id);
  expect(await tickets.ownerOf(id)).to.equal(await ethers.resolveAddress(bob));
}
