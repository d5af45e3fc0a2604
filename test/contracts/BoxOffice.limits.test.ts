// Checks the box office at the exact second, price and amount where its answer changes.
import { expect } from "chai";
import {
  FACE,
  nativeOffice,
  type Office,
  orderFor,
  signAuthorisation,
  TOKEN_FACE,
  tokenOffice,
} from "./office-fixture.ts";
import {
  createEvent,
  DAY_S,
  EVENT,
  ethers,
  loadFixture,
  MOOD,
  mint,
  PRICE,
  run,
  seatId,
  time,
  ZERO,
} from "./tickets-fixture.ts";
import { askFor, signAsk } from "./tickets-messages.ts";

describe("BoxOffice", () => {
  describe("buy, at its limits", () => {
    it("takes a voucher in its last second, for its own payer, at the floor", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, organiser, alice, server } = stage;
      await office.connect(organiser).setFloor(EVENT, 0, PRICE);
      const { order, signature } = await orderFor(stage, { payer: alice.address });
      await time.setNextBlockTimestamp(order.deadline);
      await office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
      expect(await office.escrowOf(EVENT)).to.equal(2n * FACE);
    });

    it("names malformed seats before it asks for their price", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, alice, server, tickets } = stage;
      for (const runs of [ethers.concat([run({ to: alice.address }), "0x00"]), "0x"]) {
        const { order, signature } = await orderFor(stage, { runs });
        await expect(office.connect(alice).buy(order, server, signature))
          .to.be.revertedWithCustomError(tickets, "TicketsRunsMalformed")
          .withArgs(ethers.dataLength(runs));
      }
    });
  });

  describe("buyFor, with a token that keeps a fee", () => {
    it("refuses what arrives short", async () => {
      const stage = await loadFixture(tokenOffice);
      const { office, token, alice, server } = stage;
      const { order, signature } = await orderFor(stage);
      const consent = await signAuthorisation(stage, alice, order, 2n * TOKEN_FACE);
      await token.getFunction("setFee")(100);
      await expect(office.buyFor(order, server, signature, alice, consent))
        .to.be.revertedWithCustomError(office, "EscrowPaymentShort")
        .withArgs((2n * TOKEN_FACE * 99n) / 100n, 2n * TOKEN_FACE);
    });
  });

  describe("buyWithPermit, with a token that keeps a fee", () => {
    it("refuses what arrives short", async () => {
      const stage = await loadFixture(tokenOffice);
      const { office, token, alice, server } = stage;
      const { order, signature } = await orderFor(stage);
      await token.connect(alice).getFunction("approve")(office, 2n * TOKEN_FACE);
      await token.getFunction("setFee")(100);
      const none = { validAfter: 0, deadline: 0, v: 0, r: ethers.ZeroHash, s: ethers.ZeroHash };
      await expect(office.connect(alice).buyWithPermit(order, server, signature, none))
        .to.be.revertedWithCustomError(office, "EscrowPaymentShort")
        .withArgs((2n * TOKEN_FACE * 99n) / 100n, 2n * TOKEN_FACE);
    });
  });

  describe("fundRefunds, with a token that keeps a fee", () => {
    it("refuses what arrives short", async () => {
      const stage = await loadFixture(tokenOffice);
      const { office, token, alice } = stage;
      await token.connect(alice).getFunction("approve")(office, 10_000n);
      await token.getFunction("setFee")(100);
      await expect(office.connect(alice).fundRefunds(EVENT, 10_000n))
        .to.be.revertedWithCustomError(office, "EscrowPaymentShort")
        .withArgs(9_900n, 10_000n);
    });
  });

  describe("reclaimFunds, at its limits", () => {
    it("pays in the first second, and not the one before", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, organiser, terms } = stage;
      await office.connect(stage.bob).fundRefunds(EVENT, 5n, { value: 5n });
      const from = terms.doorsAt + 180 * DAY_S;
      await time.setNextBlockTimestamp(from - 1);
      await expect(office.reclaimFunds(EVENT)).to.be.revertedWithCustomError(
        office,
        "EscrowLocked",
      );
      await time.setNextBlockTimestamp(from);
      await expect(office.reclaimFunds(EVENT)).to.changeEtherBalance(ethers, organiser, 5n);
    });
  });

  describe("setFloor, by either kind of organiser", () => {
    it("takes the event's own, and a holder of the role", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, organiser, bob } = stage;
      await createEvent(stage, { eventId: 8n, organiser: bob.address });
      for (const caller of [bob, organiser]) {
        await expect(office.connect(caller).setFloor(8n, 0, 7)).to.emit(office, "FloorSet");
      }
    });
  });

  describe("setFloor, of another event", () => {
    it("leaves an event's own floor alone", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, organiser } = stage;
      await createEvent(stage, { eventId: 8n });
      await office.connect(organiser).setFloor(8n, 0, 7);
      expect(await office.floorOf(EVENT, 0)).to.equal(0n);
      expect(await office.floorOf(8n, 0)).to.equal(7n);
    });
  });

  describe("refund, of what another event or nobody paid", () => {
    it("pays a void ticket sold off chain and on, and counts nothing as due for it", async () => {
      const stage = await loadFixture(resoldOffice);
      const { office, tickets, refunder, bob, card } = stage;
      await tickets.connect(refunder).void([card]);
      expect((await tickets.eventOf(EVENT)).refundsDue).to.equal(0n);
      await office.connect(bob).fundRefunds(EVENT, FACE, { value: FACE });
      await expect(office.refund([card])).to.changeEtherBalance(ethers, bob, FACE);
      expect((await tickets.eventOf(EVENT)).refundsDue).to.equal(0n);
    });
  });

  for (const mood of ["REFUSE", "BURN", "BOMB", "REENTER"] as const) {
    describe(`paying somebody that answers with ${mood}`, () => {
      it("release and reclaimFunds owe the organiser, who takes it later", async () => {
        const stage = await loadFixture(hostileOffice);
        const { office, payee, terms } = stage;
        await feel(stage, mood);
        await time.increaseTo(terms.doorsAt + 180 * DAY_S);
        await expect(office.release(8n))
          .to.emit(office, "EscrowReleased")
          .withArgs(8n, payee, FACE);
        await expect(office.reclaimFunds(8n)).to.emit(office, "FundsReclaimed").withArgs(8n, 5n);
        expect(await office.creditOf(payee, ZERO)).to.equal(owed(mood, FACE + 5n));
        await takesLater(stage, mood, FACE + 5n);
      });

      it("refund owes the holder, who takes it later", async () => {
        const stage = await loadFixture(hostileOffice);
        const { office, tickets, refunder, payee, id } = stage;
        await feel(stage, mood);
        await tickets.connect(refunder).void([id]);
        await expect(office.refund([id]))
          .to.emit(office, "Refunded")
          .withArgs(id, payee, FACE);
        await takesLater(stage, mood, FACE);
      });
    });
  }
});

function owed(mood: string, amount: bigint): bigint {
  return mood === "REENTER" ? 0n : amount;
}

async function feel({ office, payee }: Hostile, mood: keyof typeof MOOD): Promise<void> {
  const again = office.interface.encodeFunctionData("refund", [[]]);
  await payee.getFunction("feel")(MOOD[mood], office, again);
}

/** A payee that enters again is refused there, and paid like any other. */
async function takesLater(stage: Hostile, mood: keyof typeof MOOD, amount: bigint) {
  const { office, payee } = stage;
  if (mood === "REENTER") {
    expect(await payee.getFunction("reentered")()).to.equal(false);
    expect(await ethers.provider.getBalance(payee)).to.equal(amount);
    return;
  }
  expect(await office.creditOf(payee, ZERO)).to.equal(amount);
  await expect(office.withdraw(payee, ZERO, { gasLimit: 1_000_000 }))
    .to.be.revertedWithCustomError(office, "CreditsRefused")
    .withArgs(payee, amount);
  await payee.getFunction("feel")(MOOD.TAKE, ZERO, "0x");
  await expect(office.withdraw(payee, ZERO))
    .to.emit(office, "PayoutSent")
    .withArgs(payee, ZERO, amount);
  expect(await office.creditOf(payee, ZERO)).to.equal(0n);
}

type Hostile = Awaited<ReturnType<typeof hostileOffice>>;

/** Event 8 belongs to a contract, which also holds its one ticket; 5 wei are kept for refunds. */
async function hostileOffice() {
  const stage = await nativeOffice();
  const { office, server, alice } = stage;
  const payee = await ethers.deployContract("HostilePayee");
  const organiser = await payee.getAddress();
  const boxOffice = await office.getAddress();
  const terms = await createEvent(stage, { eventId: 8n, organiser, boxOffice });
  const { order, signature } = await orderFor(stage, { eventId: 8n, runs: run({ to: organiser }) });
  await office.connect(alice).buy(order, server, signature, { value: FACE });
  await office.connect(alice).fundRefunds(8n, 5n, { value: 5n });
  return { ...stage, terms, payee, id: seatId({ eventId: 8n }) };
}

/** bob bought a ticket in the market that alice had paid by card. */
async function resoldOffice() {
  const stage = await nativeOffice();
  const card = await sellOnMarket(stage);
  return { ...stage, card };
}

async function sellOnMarket(stage: Office): Promise<bigint> {
  const { tickets, alice, bob, organiser } = stage;
  await tickets.connect(organiser).setMarket(EVENT, stage.market, true);
  await mint(stage, { to: alice.address });
  const ask = await askFor(stage, seatId({}), { price: FACE });
  const signature = await signAsk(stage, alice, ask);
  await tickets.connect(stage.market).settle(ask, bob, signature);
  return ask.id;
}
