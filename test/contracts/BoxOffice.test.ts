// Checks that a voucher buys exactly its seats at its price, on every way to pay.
import { expect } from "chai";
import {
  FACE,
  nativeOffice,
  type Office,
  orderFor,
  signAuthorisation,
  signPermitOf,
  signVoucher,
  TOKEN_FACE,
  tokenOffice,
} from "./office-fixture.ts";
import {
  createEvent,
  EVENT,
  ethers,
  FLAG,
  loadFixture,
  mint,
  seatId,
  time,
  ZERO,
} from "./tickets-fixture.ts";

describe("BoxOffice", () => {
  describe("buy", () => {
    it("takes the price into escrow and mints the voucher's seats, funded", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, tickets, alice, voucher, server } = stage;
      const { order, signature } = await orderFor(stage);
      const sent = office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
      await expect(sent).to.changeEtherBalances(ethers, [alice, office], [-2n * FACE, 2n * FACE]);
      await expect(sent)
        .to.emit(office, "OrderPaid")
        .withArgs(voucher.orderId, EVENT, alice, 2n * FACE);
      await expect(sent)
        .to.emit(office, "EscrowDeposited")
        .withArgs(EVENT, 2n * FACE);
      expect(await office.escrowOf(EVENT)).to.equal(2n * FACE);
      for (const id of [seatId({}), seatId({ seat: 2n })]) {
        expect(await tickets.ownerOf(id)).to.equal(alice);
        expect((await tickets.ticketOf(id)).flags).to.equal(FLAG.FUNDED);
      }
    });

    it("buys a voucher once: its seats are taken then, and the money stays", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, tickets, alice, server } = stage;
      const { order, signature } = await orderFor(stage);
      const asAlice = office.connect(alice);
      await asAlice.buy(order, server, signature, { value: 2n * FACE });
      await expect(asAlice.buy(order, server, signature, { value: 2n * FACE }))
        .to.be.revertedWithCustomError(tickets, "TicketsSeatTaken")
        .withArgs(seatId({}));
      expect(await ethers.provider.getBalance(office)).to.equal(2n * FACE);
    });

    it("refuses another amount", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, alice, server } = stage;
      const { order, signature } = await orderFor(stage);
      for (const value of [0n, 2n * FACE - 1n, 2n * FACE + 1n]) {
        await expect(office.connect(alice).buy(order, server, signature, { value }))
          .to.be.revertedWithCustomError(office, "EscrowPaymentWrong")
          .withArgs(value, 2n * FACE);
      }
    });

    it("refuses after the deadline, another payer, and a price below the floor", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, alice, bob, server, organiser, voucher } = stage;
      const forBob = await orderFor(stage, { payer: bob.address });
      await expect(office.connect(alice).buy(forBob.order, server, forBob.signature))
        .to.be.revertedWithCustomError(office, "BoxOfficePayerWrong")
        .withArgs(alice, bob);
      await office.connect(organiser).setFloor(EVENT, 0, voucher.unitPrice + 1n);
      const { order, signature } = await orderFor(stage);
      await expect(office.connect(alice).buy(order, server, signature, { value: 2n * FACE }))
        .to.be.revertedWithCustomError(office, "BoxOfficePriceBelowFloor")
        .withArgs(EVENT, 0, voucher.unitPrice, voucher.unitPrice + 1n);
      await time.increaseTo(order.deadline + 1);
      await expect(office.connect(alice).buy(order, server, signature, { value: 2n * FACE }))
        .to.be.revertedWithCustomError(office, "BoxOfficeVoucherExpired")
        .withArgs(voucher.orderId, order.deadline);
    });

    it("refuses what no holder of VOUCHER_ROLE signed", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, tickets, admin, alice, server } = stage;
      const { order, signature } = await orderFor(stage);
      const buy = (signer: Office["server"], bytes: string) =>
        office.connect(alice).buy(order, signer, bytes, { value: 2n * FACE });
      const cheaper = await signVoucher(stage, server, { ...order, unitPrice: 1n });
      for (const [signer, bytes] of [
        [alice, await signVoucher(stage, alice, order)],
        [server, await signVoucher(stage, alice, order)],
        [server, cheaper],
        [server, "0x"],
      ] as const) {
        await expect(buy(signer, bytes))
          .to.be.revertedWithCustomError(office, "BoxOfficeVoucherInvalid")
          .withArgs(signer);
      }
      await tickets.connect(admin).revokeRole(ethers.id("VOUCHER_ROLE"), server);
      await expect(buy(server, signature))
        .to.be.revertedWithCustomError(office, "BoxOfficeVoucherInvalid")
        .withArgs(server);
    });

    it("takes a token by allowance, all of it", async () => {
      const stage = await loadFixture(tokenOffice);
      const { office, token, alice, server } = stage;
      const { order, signature } = await orderFor(stage);
      await token.connect(alice).getFunction("approve")(office, 4n * TOKEN_FACE);
      await expect(office.connect(alice).buy(order, server, signature, { value: 1n }))
        .to.be.revertedWithCustomError(office, "EscrowPaymentWrong")
        .withArgs(1, 0);
      await token.getFunction("setFee")(100);
      await expect(office.connect(alice).buy(order, server, signature))
        .to.be.revertedWithCustomError(office, "EscrowPaymentShort")
        .withArgs((2n * TOKEN_FACE * 99n) / 100n, 2n * TOKEN_FACE);
      await token.getFunction("setFee")(0);
      const again = office.interface.encodeFunctionData("refund", [[seatId({})]]);
      await token.getFunction("setHook")(office, again);
      await office.connect(alice).buy(order, server, signature);
      expect(await token.getFunction("hookSucceeded")()).to.equal(false);
      expect(await office.escrowOf(EVENT)).to.equal(2n * TOKEN_FACE);
    });
  });

  describe("buyWithPermit", () => {
    it("needs no approval, also when somebody submitted the permit first", async () => {
      for (const isFrontRun of [false, true]) {
        const stage = await tokenOffice();
        const { office, token, tickets, alice, server } = stage;
        const { order, signature } = await orderFor(stage);
        const consent = await signPermitOf(stage, alice, 2n * TOKEN_FACE);
        if (isFrontRun) {
          const { deadline, v, r, s } = consent;
          const amount = 2n * TOKEN_FACE;
          await token.getFunction("permit")(alice, office, amount, deadline, v, r, s);
        }
        await office.connect(alice).buyWithPermit(order, server, signature, consent);
        expect(await tickets.ownerOf(seatId({}))).to.equal(alice);
      }
    });

    it("refuses an event in the native coin", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, alice, server } = stage;
      const { order, signature } = await orderFor(stage);
      const none = { validAfter: 0, deadline: 0, v: 0, r: ethers.ZeroHash, s: ethers.ZeroHash };
      for (const sent of [
        () => office.connect(alice).buyWithPermit(order, server, signature, none),
        () => office.buyFor(order, server, signature, alice, none),
      ]) {
        await expect(sent())
          .to.be.revertedWithCustomError(office, "EscrowPaymentWrong")
          .withArgs(0, 2n * FACE);
      }
    });
  });

  describe("buyFor", () => {
    it("lets a relayer submit the payer's authorisation, for this voucher alone", async () => {
      const stage = await loadFixture(tokenOffice);
      const { office, token, tickets, alice, stranger, server } = stage;
      const { order, signature } = await orderFor(stage);
      const consent = await signAuthorisation(stage, alice, order, 2n * TOKEN_FACE);
      const other = await orderFor(stage, { orderId: ethers.id("another order") });
      const relayer = office.connect(stranger);
      await expect(
        relayer.buyFor(other.order, server, other.signature, alice, consent),
      ).to.be.revertedWithCustomError(token, "ERC3009InvalidSignature");
      await expect(relayer.buyFor(order, server, signature, alice, consent))
        .to.emit(office, "OrderPaid")
        .withArgs(order.orderId, EVENT, alice, 2n * TOKEN_FACE);
      expect(await tickets.ownerOf(seatId({}))).to.equal(alice);
      await expect(
        relayer.buyFor(order, server, signature, alice, consent),
      ).to.be.revertedWithCustomError(token, "ERC3009UsedAuthorization");
    });

    it("names a token that knows no authorisations", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, alice, server } = stage;
      const token = await ethers.deployContract("OddToken");
      const [currency, boxOffice] = [await token.getAddress(), await office.getAddress()];
      await createEvent(stage, { eventId: 9n, currency, boxOffice });
      const { order, signature } = await orderFor(stage, { eventId: 9n });
      const none = { validAfter: 0, deadline: 0, v: 0, r: ethers.ZeroHash, s: ethers.ZeroHash };
      await expect(office.buyFor(order, server, signature, alice, none))
        .to.be.revertedWithCustomError(office, "BoxOfficeAuthorisationUnknown")
        .withArgs(currency);
    });
  });

  describe("setFloor", () => {
    it("is for the organiser, before the first sale, and for classes that exist", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, organiser, alice } = stage;
      await expect(office.connect(organiser).setFloor(EVENT, 1, 500))
        .to.emit(office, "FloorSet")
        .withArgs(EVENT, 1, 500);
      expect(await office.floorOf(EVENT, 1)).to.equal(500n);
      await expect(office.connect(alice).setFloor(EVENT, 1, 0))
        .to.be.revertedWithCustomError(office, "EscrowNotOrganiser")
        .withArgs(alice, EVENT);
      await expect(office.connect(organiser).setFloor(EVENT, 5, 0))
        .to.be.revertedWithCustomError(office, "BoxOfficeClassUnknown")
        .withArgs(5);
      await mint(stage, { to: alice.address });
      await expect(office.connect(organiser).setFloor(EVENT, 1, 0))
        .to.be.revertedWithCustomError(office, "BoxOfficeSaleStarted")
        .withArgs(EVENT);
    });
  });

  it("takes native coin for nothing from nobody", async () => {
    const { office, bob } = await loadFixture(nativeOffice);
    await expect(bob.sendTransaction({ to: office, value: 1n })).to.be.revertedWithoutReason(
      ethers,
    );
    expect(await office.creditOf(bob, ZERO)).to.equal(0n);
    await expect(office.withdraw(bob, ZERO))
      .to.be.revertedWithCustomError(office, "CreditsNothing")
      .withArgs(bob, ZERO);
  });
});
