// Checks that a sale moves ticket and money together, to the wei, whoever is paid.
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";
import {
  type Market,
  NATIVE_FACE,
  nativeFixture,
  offer,
  TOKEN_FACE,
  tokenFixture,
} from "./resale-fixture.ts";
import {
  createEvent,
  EVENT,
  ethers,
  FLAG,
  loadFixture,
  MOOD,
  mint,
  POLICY,
  seatId,
  ZERO,
} from "./tickets-fixture.ts";
import { askFor } from "./tickets-messages.ts";

describe("Resale", () => {
  describe("buy, in the native coin", () => {
    it("pays the seller, the market and the pot, and hands over the ticket", async () => {
      const stage = await loadFixture(nativeFixture);
      const { tickets, resale, alice, bob, stranger, id } = stage;
      const price = NATIVE_FACE + 7n;
      const { ask, signature, value } = await offer(stage, {
        price,
        feeBps: 300,
        feeTo: stranger.address,
      });
      const royalty = price / 10n;
      const fee = (price * 300n) / 10_000n;
      const sent = resale.connect(bob).buy(ask, bob, signature, { value });
      await expect(sent).to.changeEtherBalances(
        ethers,
        [bob, alice, stranger, resale],
        [-price, price - royalty - fee, fee, royalty],
      );
      await expect(sent).to.emit(resale, "Sold").withArgs(id, alice, bob, price, royalty, fee);
      expect(await tickets.ownerOf(id)).to.equal(bob);
      expect((await tickets.ticketOf(id)).flags).to.equal(FLAG.RESOLD | FLAG.CARD);
      expect(await resale.potOf(EVENT, ZERO)).to.equal(royalty);
    });

    it("lets one account pay for another", async () => {
      const stage = await loadFixture(nativeFixture);
      const { ask, signature, value } = await offer(stage);
      await stage.resale.connect(stage.carol).buy(ask, stage.bob, signature, { value });
      expect(await stage.tickets.ownerOf(stage.id)).to.equal(stage.bob);
    });

    it("refuses a payment that is not the price", async () => {
      const stage = await loadFixture(nativeFixture);
      const { resale, bob } = stage;
      const { ask, signature, value } = await offer(stage);
      for (const wrong of [0n, value - 1n, value + 1n]) {
        await expect(resale.connect(bob).buy(ask, bob, signature, { value: wrong }))
          .to.be.revertedWithCustomError(resale, "ResalePaymentWrong")
          .withArgs(wrong, value);
      }
    });

    it("refuses a fee for nobody", async () => {
      const stage = await loadFixture(nativeFixture);
      const { ask, signature, value } = await offer(stage, { feeBps: 1 });
      await expect(stage.resale.buy(ask, stage.bob, signature, { value }))
        .to.be.revertedWithCustomError(stage.resale, "ResaleFeeReceiverZero")
        .withArgs(stage.id);
    });

    it("passes on why the tickets contract refuses, and keeps no money", async () => {
      const stage = await loadFixture(nativeFixture);
      const { tickets, resale, bob, id } = stage;
      const { ask, signature, value } = await offer(stage, {}, bob);
      await expect(resale.connect(bob).buy(ask, bob, signature, { value }))
        .to.be.revertedWithCustomError(tickets, "TicketsSignatureInvalid")
        .withArgs(stage.alice);
      expect(await ethers.provider.getBalance(resale)).to.equal(0n);
      expect(await tickets.ownerOf(id)).to.equal(stage.alice);
    });

    it("takes a ticket back for the organiser at face, without a royalty for nothing", async () => {
      const stage = await loadFixture(nativeFixture);
      const { tickets, resale, organiser, id } = stage;
      const { ask, signature, value } = await offer(stage, {
        allowedBuyer: organiser.address,
      });
      await resale.connect(organiser).buy(ask, organiser, signature, { value });
      expect(await tickets.ownerOf(id)).to.equal(organiser);
    });

    it("gives a ticket away for nothing, with nothing to pay out", async () => {
      const stage = await loadFixture(nativeFixture);
      const { ask, signature } = await offer(stage, { price: 0n });
      await stage.resale.buy(ask, stage.bob, signature);
      expect(await stage.resale.potOf(EVENT, ZERO)).to.equal(0n);
    });

    for (const mood of ["REFUSE", "BURN", "BOMB"] as const) {
      it(`owes a seller that answers with ${mood} instead of failing`, async () => {
        const { stage, payee, ask, value } = await hostileSeller(mood);
        const { tickets, resale, bob, id } = stage;
        const due = value - value / 10n;
        await expect(resale.connect(bob).buy(ask, bob, "0x", { value }))
          .to.emit(resale, "PayoutCredited")
          .withArgs(payee, ZERO, due);
        expect(await tickets.ownerOf(id)).to.equal(bob);
        expect(await resale.creditOf(payee, ZERO)).to.equal(due);
        expect(await ethers.provider.getBalance(resale)).to.equal(value);
        if (mood === "BURN") return;
        await expect(resale.withdraw(payee, ZERO))
          .to.be.revertedWithCustomError(resale, "CreditsRefused")
          .withArgs(payee, due);
        await payee.getFunction("feel")(MOOD.TAKE, ZERO, "0x");
        const sent = resale.withdraw(payee, ZERO);
        await expect(sent).to.changeEtherBalances(ethers, [payee, resale], [due, -due]);
        await expect(sent).to.emit(resale, "PayoutSent").withArgs(payee, ZERO, due);
        await expect(resale.withdraw(payee, ZERO))
          .to.be.revertedWithCustomError(resale, "CreditsNothing")
          .withArgs(payee, ZERO);
      });
    }

    it("cannot be entered again by whom it pays", async () => {
      const { stage, payee, ask, value } = await hostileSeller("REENTER");
      const { resale, bob, split } = stage;
      for (const data of [
        resale.interface.encodeFunctionData("withdraw", [await payee.getAddress(), ZERO]),
        resale.interface.encodeFunctionData("distribute", [EVENT, ZERO, split]),
        resale.interface.encodeFunctionData("buy", [ask, bob.address, "0x"]),
      ]) {
        await payee.getFunction("feel")(MOOD.REENTER, resale, data);
        await resale.connect(bob).buy.staticCall(ask, bob, "0x", { value });
      }
      await resale.connect(bob).buy(ask, bob, "0x", { value });
      expect(await payee.getFunction("reentered")()).to.equal(false);
    });
  });

  describe("buy, in a token", () => {
    it("takes the price by allowance and pays everybody in the token", async () => {
      const stage = await loadFixture(tokenFixture);
      const { token, resale, tickets, alice, bob, stranger, id } = stage;
      const { ask, signature } = await offer(stage, { feeBps: 500, feeTo: stranger.address });
      await resale.connect(bob).buy(ask, bob, signature);
      expect(await token.balanceOf(alice)).to.equal((TOKEN_FACE * 85n) / 100n);
      expect(await token.balanceOf(stranger)).to.equal(TOKEN_FACE / 20n);
      expect(await token.balanceOf(resale)).to.equal(TOKEN_FACE / 10n);
      expect(await resale.potOf(EVENT, token)).to.equal(TOKEN_FACE / 10n);
      expect(await tickets.ownerOf(id)).to.equal(bob);
    });

    it("asks for at most the cap in the token, to its smallest unit", async () => {
      const stage = await loadFixture(tokenFixture);
      const { resale, tickets, bob, id } = stage;
      const cap = (TOKEN_FACE * 11n) / 10n;
      const above = await offer(stage, { price: cap + 1n });
      await expect(resale.connect(bob).buy(above.ask, bob, above.signature))
        .to.be.revertedWithCustomError(tickets, "TicketsPriceOverCap")
        .withArgs(id, cap + 1n, cap);
      const at = await offer(stage, { price: cap });
      await resale.connect(bob).buy(at.ask, bob, at.signature);
      expect(await tickets.ownerOf(id)).to.equal(bob);
    });

    it("refuses native coin sent along", async () => {
      const stage = await loadFixture(tokenFixture);
      const { ask, signature } = await offer(stage);
      await expect(stage.resale.connect(stage.bob).buy(ask, stage.bob, signature, { value: 1n }))
        .to.be.revertedWithCustomError(stage.resale, "ResalePaymentWrong")
        .withArgs(1, 0);
    });

    it("refuses a token that keeps a part of what it moves", async () => {
      const stage = await loadFixture(tokenFixture);
      await stage.token.setFee(100);
      const { ask, signature } = await offer(stage);
      await expect(stage.resale.connect(stage.bob).buy(ask, stage.bob, signature))
        .to.be.revertedWithCustomError(stage.resale, "ResalePaymentShort")
        .withArgs((TOKEN_FACE * 99n) / 100n, TOKEN_FACE);
    });

    it("refuses a buyer without allowance", async () => {
      const stage = await loadFixture(tokenFixture);
      const { ask, signature } = await offer(stage);
      await expect(stage.resale.connect(stage.stranger).buy(ask, stage.bob, signature))
        .to.be.revertedWithCustomError(stage.token, "ERC20InsufficientAllowance")
        .withArgs(anyValue, 0, TOKEN_FACE);
    });

    it("owes a blacklisted seller, who can withdraw once off the list", async () => {
      const stage = await loadFixture(tokenFixture);
      const { token, resale, alice, bob } = stage;
      const due = TOKEN_FACE - TOKEN_FACE / 10n;
      await token.blacklist(alice, true);
      const { ask, signature } = await offer(stage);
      await expect(resale.connect(bob).buy(ask, bob, signature))
        .to.emit(resale, "PayoutCredited")
        .withArgs(alice, token, due);
      await token.blacklist(alice, false);
      await resale.withdraw(alice, token);
      expect(await token.balanceOf(alice)).to.equal(due);
    });

    it("cannot be entered again by a token that calls back", async () => {
      const stage = await loadFixture(tokenFixture);
      const { token, resale, bob, split } = stage;
      const { ask, signature } = await offer(stage);
      for (const data of [
        resale.interface.encodeFunctionData("buy", [ask, bob.address, signature]),
        resale.interface.encodeFunctionData("distribute", [EVENT, stage.currency, split]),
      ]) {
        await token.setHook(resale, data);
        await resale.connect(bob).buy.staticCall(ask, bob, signature);
      }
      await resale.connect(bob).buy(ask, bob, signature);
      expect(await token.hookSucceeded()).to.equal(false);
      expect(await token.balanceOf(resale)).to.equal(await resale.potOf(EVENT, token));
    });
  });

  describe("distribute", () => {
    it("pays the royalty receiver all of the pot, at anybody's call", async () => {
      const stage = await loadFixture(nativeFixture);
      const { resale, carol, stranger, split } = stage;
      const royalty = await sell(stage);
      const sent = resale.connect(stranger).distribute(EVENT, ZERO, split);
      await expect(sent).to.changeEtherBalances(ethers, [carol, resale], [royalty, -royalty]);
      await expect(sent).to.emit(resale, "PotDistributed").withArgs(EVENT, ZERO, royalty);
      await expect(resale.distribute(EVENT, ZERO, split))
        .to.be.revertedWithCustomError(resale, "PayoutsPotEmpty")
        .withArgs(EVENT, ZERO);
    });

    it("refuses payees that are not the event's", async () => {
      const stage = await loadFixture(nativeFixture);
      const { resale, bob, split } = stage;
      await sell(stage);
      const other = { ...split, payees: [bob.address] };
      await expect(resale.distribute(EVENT, ZERO, other))
        .to.be.revertedWithCustomError(resale, "PayoutsSplitUnknown")
        .withArgs(EVENT, hashOf(split), hashOf(other));
    });

    it("leaves other events' pots alone", async () => {
      const stage = await loadFixture(nativeFixture);
      const { resale, split } = stage;
      const royalty = await sell(stage);
      await expect(resale.distribute(EVENT + 1n, ZERO, split))
        .to.be.revertedWithCustomError(stage.tickets, "TicketsEventUnknown")
        .withArgs(EVENT + 1n);
      expect(await resale.potOf(EVENT, ZERO)).to.equal(royalty);
    });
  });

  describe("distribute, of two events that share a market", () => {
    it("shares out the pot of its event and leaves the other's", async () => {
      const stage = await loadFixture(nativeFixture);
      const { resale, tickets, organiser, alice, bob, split } = stage;
      await createEvent(stage, { eventId: 8n, policy: POLICY.OPEN });
      await tickets.connect(organiser).setMarket(8n, resale, true);
      await mint(stage, { eventId: 8n, to: alice.address });
      for (const id of [stage.id, seatId({ eventId: 8n })]) {
        const { ask, signature, value } = await offer(stage, { id });
        await resale.connect(bob).buy(ask, bob, signature, { value });
      }
      expect(await resale.potOf(EVENT, ZERO)).to.equal(NATIVE_FACE / 10n);
      await resale.distribute(8n, ZERO, split);
      expect(await resale.potOf(8n, ZERO)).to.equal(0n);
      expect(await resale.potOf(EVENT, ZERO)).to.equal(NATIVE_FACE / 10n);
    });
  });

  it("takes native coin for nothing from nobody", async () => {
    const { resale, bob } = await loadFixture(nativeFixture);
    await expect(bob.sendTransaction({ to: resale, value: 1n })).to.be.revertedWithoutReason(
      ethers,
    );
    expect(await resale.PUSH_GAS()).to.equal(200_000n);
  });

  it("settles a signed ask within 76,500 gas", async () => {
    const stage = await loadFixture(nativeFixture);
    const { resale, bob, id } = stage;
    await mint(stage, { to: bob.address, row: 2n });
    await sell(stage, id + 1n);
    const { ask, signature, value } = await offer(stage);
    const sent = await resale.connect(bob).buy(ask, bob, signature, { value });
    const gas = Number((await sent.wait()).gasUsed);
    process.stdout.write(`      resale, signed ask: ${gas.toLocaleString("en")} gas\n`);
    expect(gas).to.be.at.most(76_500);
  });
});

/** Sells a ticket of alice's to bob; answers the royalty. */
async function sell(stage: Market, id = stage.id): Promise<bigint> {
  const { ask, signature, value } = await offer(stage, { id });
  await stage.resale.connect(stage.bob).buy(ask, stage.bob, signature, { value });
  return ask.price / 10n;
}

/** A contract that signs everything holds a ticket. */
async function hostileSeller(mood: keyof typeof MOOD) {
  const stage = await loadFixture(nativeFixture);
  const payee = await ethers.deployContract("HostilePayee");
  await stage.tickets.connect(stage.alice).transferFrom(stage.alice, payee, seatId({}));
  await payee.getFunction("feel")(MOOD[mood], ZERO, "0x");
  const market = { address: await stage.resale.getAddress() };
  const ask = await askFor({ ...stage, market }, stage.id, { price: NATIVE_FACE });
  return { stage, payee, ask, value: NATIVE_FACE };
}

function hashOf(split: { version: bigint; payees: string[]; shares: number[] }): string {
  const type = "tuple(uint256 version,address[] payees,uint16[] shares)";
  return ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode([type], [split]));
}
