// Checks that only money in escrow makes a ticket refundable, once, and how fast keys can mint.
import { expect } from "chai";
import {
  CLASS,
  createEvent,
  EVENT,
  ethers,
  eventFixture,
  FLAG,
  HOUR_S,
  loadFixture,
  mint,
  PRICE,
  run,
  seatId,
  time,
} from "./tickets-fixture.ts";

const MINTER_ROLE = ethers.id("MINTER_ROLE");
const VOUCHER_ROLE = ethers.id("VOUCHER_ROLE");

describe("Tickets", () => {
  describe("mintFunded", () => {
    it("mints refundable tickets for the event's box office", async () => {
      const stage = await loadFixture(eventFixture);
      const { tickets, cashier, alice } = stage;
      const runs = run({ to: alice.address, count: 2 });
      const asCashier = tickets.connect(cashier);
      expect(await asCashier.mintFunded.staticCall(EVENT, 0, PRICE, runs)).to.equal(2n);
      await expect(asCashier.mintFunded(EVENT, CLASS.PUBLIC, PRICE, runs))
        .to.emit(tickets, "BatchMinted")
        .withArgs(EVENT, 0, PRICE, 2);
      expect((await tickets.ticketOf(seatId({}))).flags).to.equal(FLAG.FUNDED);
      await asCashier.mintFunded(EVENT, 0, 0, run({ to: alice.address, row: 2n }));
      expect((await tickets.ticketOf(seatId({ row: 2n }))).flags).to.equal(0n);
    });

    it("refuses everybody else, the box office of another event included", async () => {
      const stage = await loadFixture(eventFixture);
      const { tickets, minter, admin, cashier, alice } = stage;
      await createEvent(stage, { eventId: 8n, boxOffice: admin.address });
      const runs = run({ to: alice.address });
      for (const [caller, eventId] of [
        [minter, EVENT],
        [admin, EVENT],
        [cashier, 8n],
      ] as const) {
        await expect(tickets.connect(caller).mintFunded(eventId, 0, PRICE, runs))
          .to.be.revertedWithCustomError(tickets, "TicketsNotBoxOffice")
          .withArgs(caller, eventId);
      }
    });
  });

  describe("takeRefund", () => {
    it("answers holder and face of a void ticket once", async () => {
      const stage = await loadFixture(fundedFixture);
      const { tickets, cashier, refunder, alice, id } = stage;
      await expect(tickets.connect(cashier).takeRefund(id))
        .to.be.revertedWithCustomError(tickets, "TicketsNotRefundable")
        .withArgs(id);
      await tickets.connect(refunder).void([id]);
      const asCashier = tickets.connect(cashier);
      expect(await asCashier.takeRefund.staticCall(id)).to.deep.equal([alice.address, PRICE, true]);
      expect((await tickets.eventOf(EVENT)).refundsDue).to.equal(PRICE);
      await expect(asCashier.takeRefund(id)).to.emit(tickets, "MetadataUpdate").withArgs(id);
      expect((await tickets.ticketOf(id)).flags).to.equal(FLAG.VOID);
      expect((await tickets.eventOf(EVENT)).refundsDue).to.equal(0n);
      await expect(asCashier.takeRefund(id))
        .to.be.revertedWithCustomError(tickets, "TicketsNotFunded")
        .withArgs(id);
    });

    it("voids a ticket of a cancelled event", async () => {
      const { tickets, cashier, organiser, id } = await loadFixture(fundedFixture);
      await tickets.connect(organiser).cancelEvent(EVENT);
      await expect(tickets.connect(cashier).takeRefund(id))
        .to.emit(tickets, "TicketVoided")
        .withArgs(id);
      expect((await tickets.ticketOf(id)).flags).to.equal(FLAG.VOID);
    });

    it("refuses tickets sold off chain, and callers that are not the box office", async () => {
      const stage = await loadFixture(fundedFixture);
      const { tickets, cashier, organiser, admin, id, alice } = stage;
      await mint(stage, { to: alice.address, row: 9n });
      await tickets.connect(organiser).cancelEvent(EVENT);
      const card = seatId({ row: 9n });
      await expect(tickets.connect(cashier).takeRefund(card))
        .to.be.revertedWithCustomError(tickets, "TicketsNotFunded")
        .withArgs(card);
      await expect(tickets.connect(admin).takeRefund(id))
        .to.be.revertedWithCustomError(tickets, "TicketsNotBoxOffice")
        .withArgs(admin, EVENT);
      await expect(tickets.connect(cashier).takeRefund(id + 9n))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(id + 9n);
    });
  });

  describe("setMintLimit", () => {
    it("bounds what the keys of a role mint, and refills evenly", async () => {
      const stage = await loadFixture(eventFixture);
      const { tickets, admin, alice } = stage;
      expect(await tickets.mintableBy(MINTER_ROLE)).to.equal(40_000n);
      await expect(tickets.connect(admin).setMintLimit(MINTER_ROLE, 10, HOUR_S))
        .to.emit(tickets, "MintLimitSet")
        .withArgs(MINTER_ROLE, 10, HOUR_S);
      const at = (await time.latest()) + 100;
      await time.setNextBlockTimestamp(at);
      await mint(stage, { to: alice.address, count: 8 });
      await time.setNextBlockTimestamp(at + 1);
      await expect(mint(stage, { to: alice.address, row: 2n, count: 3 }))
        .to.be.revertedWithCustomError(tickets, "TicketsMintLimitReached")
        .withArgs(MINTER_ROLE, 2, 3);
      await time.setNextBlockTimestamp(at + HOUR_S / 10);
      await mint(stage, { to: alice.address, row: 2n, count: 3 });
    });

    it("counts minters and box offices apart", async () => {
      const stage = await loadFixture(fundedFixture);
      const { tickets, admin, cashier, alice } = stage;
      await tickets.connect(admin).setMintLimit(VOUCHER_ROLE, 0, HOUR_S);
      await mint(stage, { to: alice.address, row: 5n });
      const runs = run({ to: alice.address, row: 6n });
      await expect(tickets.connect(cashier).mintFunded(EVENT, 0, PRICE, runs))
        .to.be.revertedWithCustomError(tickets, "TicketsMintLimitReached")
        .withArgs(VOUCHER_ROLE, 0, 1);
    });

    it("is for the admin alone", async () => {
      const { tickets, minter } = await loadFixture(eventFixture);
      await expect(tickets.connect(minter).setMintLimit(MINTER_ROLE, 1, 1))
        .to.be.revertedWithCustomError(tickets, "AccessControlUnauthorizedAccount")
        .withArgs(minter, ethers.ZeroHash);
    });
  });

  describe("setRenderer", () => {
    it("has tickets drawn by another contract", async () => {
      const stage = await loadFixture(fundedFixture);
      const { tickets, admin, id } = stage;
      const sent = tickets.connect(admin).setRenderer(stage.alice);
      await expect(sent).to.emit(tickets, "ContractURIUpdated").withArgs();
      await expect(sent)
        .to.emit(tickets, "BatchMetadataUpdate")
        .withArgs(0, 2n ** 256n - 1n);
      expect(await tickets.renderer()).to.equal(stage.alice);
      const hostile = await ethers.deployContract("FickleWallet");
      await tickets.connect(admin).setRenderer(hostile);
      expect(await tickets.tokenURI(id)).to.equal("");
      expect(await tickets.contractURI()).to.equal("");
    });

    it("is for the admin alone", async () => {
      const { tickets, organiser } = await loadFixture(fundedFixture);
      await expect(tickets.connect(organiser).setRenderer(organiser))
        .to.be.revertedWithCustomError(tickets, "AccessControlUnauthorizedAccount")
        .withArgs(organiser, ethers.ZeroHash);
    });
  });

  describe("contractURI", () => {
    it("describes the collection, on chain (ERC-7572)", async () => {
      const { tickets } = await loadFixture(fundedFixture);
      const uri: string = await tickets.contractURI();
      const [, encoded = ""] = uri.split("base64,");
      const json = JSON.parse(ethers.toUtf8String(ethers.decodeBase64(encoded)));
      expect(json.name).to.equal("Stagedoor Tickets");
    });
  });
});

/** alice holds seats 1 and 2, whose price lies in escrow. */
async function fundedFixture() {
  const stage = await eventFixture();
  const runs = run({ to: stage.alice.address, count: 2 });
  await stage.tickets.connect(stage.cashier).mintFunded(EVENT, CLASS.PUBLIC, PRICE, runs);
  return { ...stage, id: seatId({}) };
}
