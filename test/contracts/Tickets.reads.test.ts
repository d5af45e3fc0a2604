// Checks the views that wallets, explorers and other contracts ask one by one.
import { expect } from "chai";
import {
  createEvent,
  DAY_S,
  EVENT,
  ethers,
  HOUR_S,
  loadFixture,
  mint,
  seatId,
  soldFixture,
  ticketsFixture,
  time,
  ZERO,
} from "./tickets-fixture.ts";

/** What of an event is paused here. */
const GIFTS = 2;
const UNKNOWN = seatId({ seat: 99n });

describe("Tickets", () => {
  describe("name and symbol", () => {
    it("are what wallets show", async () => {
      const { tickets } = await loadFixture(ticketsFixture);
      expect(await tickets.name()).to.equal("Stagedoor Tickets");
      expect(await tickets.symbol()).to.equal("STAGE");
    });
  });

  describe("ownerOf", () => {
    it("follows the ticket, and refuses one that does not exist", async () => {
      const { tickets, alice, bob, id } = await loadFixture(soldFixture);
      expect(await tickets.ownerOf(id)).to.equal(alice);
      await tickets.connect(alice).transferFrom(alice, bob, id);
      expect(await tickets.ownerOf(id)).to.equal(bob);
      await expect(tickets.ownerOf(UNKNOWN))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(UNKNOWN);
    });
  });

  describe("getApproved and isApprovedForAll", () => {
    it("are nobody and no before the holder says otherwise", async () => {
      const { tickets, alice, bob, id } = await loadFixture(soldFixture);
      expect(await tickets.getApproved(id)).to.equal(ZERO);
      expect(await tickets.isApprovedForAll(alice, bob)).to.equal(false);
      await tickets.connect(alice).approve(bob, id);
      await tickets.connect(alice).setApprovalForAll(bob, true);
      expect(await tickets.getApproved(id)).to.equal(bob);
      expect(await tickets.isApprovedForAll(alice, bob)).to.equal(true);
      expect(await tickets.isApprovedForAll(bob, alice)).to.equal(false);
    });
  });

  describe("nonce and nonces", () => {
    it("tell the same number, which rises with every move and cancellation", async () => {
      const { tickets, alice, bob, id } = await loadFixture(soldFixture);
      for (const expected of [0n, 1n, 2n]) {
        expect(await tickets.nonce(id)).to.equal(expected);
        expect(await tickets.nonces(id)).to.equal(expected);
        if (expected === 0n) await tickets.connect(alice).cancel(id);
        if (expected === 1n) await tickets.connect(alice).transferFrom(alice, bob, id);
      }
    });

    it("refuse a ticket that does not exist", async () => {
      const { tickets } = await loadFixture(soldFixture);
      for (const view of ["nonce", "nonces"] as const) {
        await expect(tickets[view](UNKNOWN))
          .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
          .withArgs(UNKNOWN);
      }
    });
  });

  describe("DOMAIN_SEPARATOR", () => {
    it("is the hash of the domain that eip712Domain tells", async () => {
      const { tickets } = await loadFixture(ticketsFixture);
      const { name, version, chainId, verifyingContract } = await tickets.eip712Domain();
      const domain = { name, version, chainId, verifyingContract };
      expect(verifyingContract).to.equal(await tickets.getAddress());
      expect(chainId).to.equal((await ethers.provider.getNetwork()).chainId);
      const hash = ethers.TypedDataEncoder.hashDomain(domain);
      expect(await tickets.DOMAIN_SEPARATOR()).to.equal(hash);
    });
  });

  describe("eventOf", () => {
    it("tells every term of an event as it was created", async () => {
      const stage = await loadFixture(ticketsFixture);
      const changes = { policy: 1, maxGifts: 3, lockMinutes: 90, cooldownMinutes: 45 };
      const terms = await createEvent(stage, changes);
      const found = await stage.tickets.eventOf(EVENT);
      for (const name of [
        ...(["organiser", "planHash", "currency", "boxOffice", "royaltyReceiver"] as const),
      ]) {
        expect(found[name], name).to.equal(terms[name]);
      }
      for (const name of [
        ...(["doorsAt", "freezeAt", "policy", "maxGifts", "resaleCapBps", "royaltyBps"] as const),
        ...(["feeCapBps", "lockMinutes", "cooldownMinutes"] as const),
      ]) {
        expect(found[name], name).to.equal(BigInt(terms[name]));
      }
      expect(found.cancelled).to.equal(false);
      expect(found.pausedActions).to.equal(0n);
    });
  });

  describe("SETTLED_AFTER_DOORS", () => {
    it("is how long after doors an event can still be cancelled", async () => {
      const { tickets, organiser, terms } = await loadFixture(soldFixture);
      const settledAt = terms.doorsAt + Number(await tickets.SETTLED_AFTER_DOORS());
      expect(settledAt - terms.doorsAt).to.equal(3 * DAY_S);
      await time.setNextBlockTimestamp(settledAt);
      await expect(tickets.connect(organiser).cancelEvent(EVENT))
        .to.be.revertedWithCustomError(tickets, "TicketsEventOver")
        .withArgs(EVENT, settledAt);
    });
  });

  describe("isMarket", () => {
    it("is true from the moment that the organiser names a market until it is taken off", async () => {
      const stage = await loadFixture(ticketsFixture);
      await createEvent(stage);
      const { tickets, organiser, market, stranger } = stage;
      expect(await tickets.isMarket(EVENT, market)).to.equal(false);
      await tickets.connect(organiser).setMarket(EVENT, market, true);
      expect(await tickets.isMarket(EVENT, market)).to.equal(true);
      expect(await tickets.isMarket(EVENT, stranger)).to.equal(false);
      await tickets.connect(organiser).setMarket(EVENT, market, false);
      expect(await tickets.isMarket(EVENT, market)).to.equal(false);
    });
  });

  describe("mintableBy", () => {
    it("falls with every ticket and grows back within the window", async () => {
      const stage = await loadFixture(soldFixture);
      const role = ethers.id("MINTER_ROLE");
      await stage.tickets.connect(stage.admin).setMintLimit(role, 10, HOUR_S);
      await mint(stage, { to: stage.alice.address, row: 2n, count: 5 });
      expect(await stage.tickets.mintableBy(role)).to.equal(2n);
      await time.increase(HOUR_S);
      expect(await stage.tickets.mintableBy(role)).to.equal(10n);
    });
  });

  describe("renderer", () => {
    it("is the contract that draws, until the admin sets another", async () => {
      const { tickets, admin } = await loadFixture(ticketsFixture);
      const first = await tickets.renderer();
      expect(await ethers.provider.getCode(first)).not.to.equal("0x");
      const other = await ethers.deployContract("Renderer", [tickets]);
      await tickets.connect(admin).setRenderer(other);
      expect(await tickets.renderer()).to.equal(other);
      expect(await other.getAddress()).not.to.equal(first);
    });
  });

  describe("TERMS_READER, PASS_READER and renderer", () => {
    it("are what Tickets made itself, in this order", async () => {
      const { tickets } = await loadFixture(ticketsFixture);
      const from = await tickets.getAddress();
      const made = [1, 2, 3].map((nonce) => ethers.getCreateAddress({ from, nonce }));
      const found = [await tickets.TERMS_READER(), await tickets.PASS_READER()];
      expect([...found, await tickets.renderer()]).to.deep.equal(made);
    });
  });

  describe("unpause", () => {
    it("ends a pause at once, so that what was paused goes on", async () => {
      const { tickets, admin, guardian, alice, bob, id } = await loadFixture(soldFixture);
      await tickets.connect(guardian).pause(EVENT, GIFTS);
      const { pausedUntil } = await tickets.eventOf(EVENT);
      await expect(tickets.connect(alice).transferFrom(alice, bob, id))
        .to.be.revertedWithCustomError(tickets, "TicketsMovesPaused")
        .withArgs(id, pausedUntil);
      await tickets.connect(admin).unpause(EVENT);
      await tickets.connect(alice).transferFrom(alice, bob, id);
      expect(await tickets.ownerOf(id)).to.equal(bob);
    });
  });
});
