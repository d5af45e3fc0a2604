// Checks that royalties are shared out whatever a token or a payee does meanwhile.
import { expect } from "chai";
import { NATIVE_FACE, nativeFixture, offer, TOKEN_FACE, tokenFixture } from "./resale-fixture.ts";
import { EVENT, ethers, loadFixture, MOOD, whileDelegated, ZERO } from "./tickets-fixture.ts";

const ROYALTY = TOKEN_FACE / 10n;

describe("Resale", () => {
  describe("distribute, in a token with habits", () => {
    it("owes a payee on the token's list, who takes it once off the list", async () => {
      const { resale, token, carol, split } = await loadFixture(filledPot);
      await token.blacklist(carol, true);
      const before = await token.balanceOf(carol);
      await expect(resale.distribute(EVENT, token, split))
        .to.emit(resale, "PayoutCredited")
        .withArgs(carol, token, ROYALTY);
      await token.blacklist(carol, false);
      await resale.withdraw(carol, token);
      expect((await token.balanceOf(carol)) - before).to.equal(ROYALTY);
    });

    it("takes no other event's money for what the token keeps of a payout", async () => {
      const { resale, token, carol, split } = await loadFixture(filledPot);
      await token.setFee(100);
      const before = await token.balanceOf(carol);
      await resale.distribute(EVENT, token, split);
      expect((await token.balanceOf(carol)) - before).to.equal((ROYALTY * 99n) / 100n);
      expect(await token.balanceOf(resale)).to.equal(0n);
      expect(await resale.potOf(EVENT, token)).to.equal(0n);
    });

    it("pays a payee that delegated its code (EIP-7702) to a wallet that knows nothing", async () => {
      const { resale, token, carol, split } = await loadFixture(filledPot);
      const before = await token.balanceOf(carol);
      await whileDelegated(carol.address, () => resale.distribute(EVENT, token, split));
      expect((await token.balanceOf(carol)) - before).to.equal(ROYALTY);
    });
  });

  describe("withdraw, by an account that calls back for more", () => {
    it("pays its credit once", async () => {
      const { resale, seller, due } = await loadFixture(owedSeller);
      const again = resale.interface.encodeFunctionData("withdraw", [
        await seller.getAddress(),
        ZERO,
      ]);
      await seller.getFunction("feel")(MOOD.REENTER, resale, again);
      await expect(resale.withdraw(seller, ZERO)).to.changeEtherBalances(
        ethers,
        [seller, resale],
        [due, -due],
      );
      expect(await seller.getFunction("reentered")()).to.equal(false);
      expect(await resale.potOf(EVENT, ZERO)).to.equal(NATIVE_FACE / 10n);
    });
  });
});

/** One ticket was sold on; carol's royalty is in the pot. */
async function filledPot() {
  const stage = await tokenFixture();
  const { ask, signature } = await offer(stage);
  await stage.resale.connect(stage.bob).buy(ask, stage.bob, signature);
  return stage;
}

/** A contract sold its ticket and refused the coin, so that it is owed. */
async function owedSeller() {
  const stage = await nativeFixture();
  const { tickets, resale, alice, bob, id } = stage;
  const seller = await ethers.deployContract("HostilePayee");
  await seller.getFunction("feel")(MOOD.REFUSE, ZERO, "0x");
  await tickets.connect(alice).transferFrom(alice, seller, id);
  const { ask, value } = await offer(stage);
  await resale.connect(bob).buy(ask, bob, "0x", { value });
  const due: bigint = await resale.creditOf(seller, ZERO);
  expect(due).to.equal(NATIVE_FACE - NATIVE_FACE / 10n);
  return { ...stage, seller, due };
}
