// Checks that nobody who is paid, asked or called by the market can take more than is theirs.
import { expect } from "chai";
import {
  lockSplit,
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
  loadFixture,
  MOOD,
  mint,
  seatId,
  ZERO,
} from "./tickets-fixture.ts";

const SHARES = [3_333, 3_333, 3_334];
const REENTERED = ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10);

describe("Resale", () => {
  describe("distribute, among several payees", () => {
    it("pays each its share, and the last what division leaves", async () => {
      const stage = await loadFixture(splitFixture);
      const { resale, alice, payee, carol, split, royalty } = stage;
      expect(royalty % 10_000n).to.not.equal(0n);
      const share = (royalty * 3_333n) / 10_000n;
      await expect(resale.distribute(8n, ZERO, split)).to.changeEtherBalances(
        ethers,
        [alice, payee, carol, resale],
        [share, share, royalty - 2n * share, -royalty],
      );
    });

    for (const mood of ["REFUSE", "BURN", "BOMB"] as const) {
      it(`owes the payee that answers with ${mood}, and pays the others`, async () => {
        const stage = await loadFixture(splitFixture);
        const { resale, alice, payee, carol, split, royalty } = stage;
        await payee.getFunction("feel")(MOOD[mood], ZERO, "0x");
        const share = (royalty * 3_333n) / 10_000n;
        const sent = resale.distribute(8n, ZERO, split);
        await expect(sent).to.changeEtherBalances(
          ethers,
          [alice, carol],
          [share, royalty - 2n * share],
        );
        await expect(sent).to.emit(resale, "PayoutCredited").withArgs(payee, ZERO, share);
        await payee.getFunction("feel")(MOOD.TAKE, ZERO, "0x");
        await expect(resale.withdraw(payee, ZERO)).to.changeEtherBalance(ethers, payee, share);
      });
    }

    it("owes a last payee that refuses its share and what division leaves, at once", async () => {
      const stage = await loadFixture(hostileLastFixture);
      const { resale, payee, split, royalty } = stage;
      await payee.getFunction("feel")(MOOD.REFUSE, ZERO, "0x");
      const rest = royalty - 2n * ((royalty * 3_333n) / 10_000n);
      await expect(resale.distribute(8n, ZERO, split))
        .to.emit(resale, "PayoutCredited")
        .withArgs(payee, ZERO, rest);
    });

    it("cannot be made to share the same pot again by a payee", async () => {
      const stage = await loadFixture(splitFixture);
      const { resale, payee, split } = stage;
      await sell(stage, seatId({ eventId: 8n, seat: 2n }));
      const again = resale.interface.encodeFunctionData("distribute", [8n, ZERO, split]);
      await payee.getFunction("feel")(MOOD.REENTER, resale, again);
      await resale.distribute(8n, ZERO, split);
      expect(await payee.getFunction("reentered")()).to.equal(false);
      expect(await ethers.provider.getBalance(resale)).to.equal(0n);
    });
  });

  describe("while a token calls back", () => {
    for (const method of ["buy", "distribute", "withdraw"] as const) {
      it(`${method} cannot be entered, and passes when it comes by itself`, async () => {
        const stage = await busyMarket();
        const { resale, token, bob, carol, split } = stage;
        const { ask, signature } = await offer(stage, { id: stage.id + 1n });
        const free = await offer(stage, { id: stage.id + 2n, price: 0n });
        const data = resale.interface.encodeFunctionData(
          method,
          {
            buy: [free.ask, bob.address, free.signature],
            distribute: [EVENT, stage.currency, split],
            withdraw: [stage.alice.address, stage.currency],
          }[method],
        );
        await token.setHook(resale, data);
        await resale.connect(bob).buy(ask, bob, signature);
        expect(await token.hookSucceeded()).to.equal(false);
        expect(await token.getFunction("hookAnswer")()).to.equal(REENTERED);
        await carol.sendTransaction({ to: resale, data });
      });
    }
  });

  describe("buy, for nothing", () => {
    it("pays nobody, so that nobody can refuse and nothing is owed", async () => {
      const stage = await loadFixture(tokenFixture);
      const { resale, token, bob, alice } = stage;
      await token.blacklist(alice, true);
      const { ask, signature } = await offer(stage, { price: 0n });
      await expect(resale.connect(bob).buy(ask, bob, signature)).to.not.emit(
        resale,
        "PayoutCredited",
      );
    });
  });

  describe("buy, in a token that keeps a fee or lists accounts", () => {
    it("refuses what arrives short, and a buyer on the list", async () => {
      const stage = await loadFixture(tokenFixture);
      const { resale, token, bob } = stage;
      const { ask, signature } = await offer(stage);
      await token.setFee(1);
      await expect(resale.connect(bob).buy(ask, bob, signature))
        .to.be.revertedWithCustomError(resale, "ResalePaymentShort")
        .withArgs((TOKEN_FACE * 9_999n) / 10_000n, TOKEN_FACE);
      await token.setFee(0);
      await token.blacklist(bob, true);
      await expect(resale.connect(bob).buy(ask, bob, signature)).to.be.revertedWithCustomError(
        token,
        "Blacklisted",
      );
    });
  });

  describe("withdraw, from a token that lists the account", () => {
    it("owes it still, for as long as the token refuses", async () => {
      const stage = await busyMarket();
      const { resale, token, alice } = stage;
      const due = await resale.creditOf(alice, token);
      await token.blacklist(alice, true);
      await expect(resale.withdraw(alice, token))
        .to.be.revertedWithCustomError(resale, "CreditsRefused")
        .withArgs(alice, due);
      expect(await resale.creditOf(alice, token)).to.equal(due);
    });
  });
});

/** As tokenFixture; alice is owed for the first ticket, and its royalty is in the pot. */
async function busyMarket() {
  const stage = await tokenFixture();
  const { resale, token, alice, bob } = stage;
  await token.blacklist(alice, true);
  const { ask, signature } = await offer(stage);
  await resale.connect(bob).buy(ask, bob, signature);
  await token.blacklist(alice, false);
  expect(await resale.creditOf(alice, token)).to.equal(TOKEN_FACE - TOKEN_FACE / 10n);
  return stage;
}

const splitFixture = () => splitAmong(["alice", "payee", "carol"]);
const hostileLastFixture = () => splitAmong(["alice", "carol", "payee"]);

/** Event 8, whose royalties alice, carol and a contract share; one ticket was sold oddly. */
async function splitAmong(order: readonly ("alice" | "payee" | "carol")[]) {
  const stage = await nativeFixture();
  const { organiser, alice, carol } = stage;
  await createEvent(stage, { eventId: 8n });
  await stage.tickets.connect(organiser).setMarket(8n, stage.resale, true);
  const payee = await ethers.deployContract("HostilePayee");
  const payees = order.map((name) => ({ alice, carol, payee })[name]);
  const split = await lockSplit(stage, { eventId: 8n, payees, shares: SHARES });
  await mint(stage, { to: alice.address, eventId: 8n, count: 3 });
  const royalty = await sell(stage, seatId({ eventId: 8n }));
  return { ...stage, payee, royalty, split };
}

/** Answers the royalty. */
async function sell(stage: Market, id: bigint): Promise<bigint> {
  const { ask, signature, value } = await offer(stage, { id, price: NATIVE_FACE - 7n });
  await stage.resale.connect(stage.bob).buy(ask, stage.bob, signature, { value });
  return ask.price / 10n;
}
