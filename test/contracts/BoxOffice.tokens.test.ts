// Checks that an event's token pays its way in and out, whatever the token answers.
import { expect } from "chai";
import { nativeOffice, orderFor, TOKEN_FACE, tokenOffice } from "./office-fixture.ts";
import { createEvent, DAY_S, EVENT, ethers, loadFixture, seatId, time } from "./tickets-fixture.ts";

describe("BoxOffice", () => {
  describe("release and reclaimFunds, of an event in a token", () => {
    it("pay the organiser in it", async () => {
      const stage = await loadFixture(tokenOffice);
      const { office, token, alice, organiser, server, terms } = stage;
      await token.connect(alice).getFunction("approve")(office, 100n * TOKEN_FACE);
      const { order, signature } = await orderFor(stage);
      await office.connect(alice).buy(order, server, signature);
      await office.connect(alice).fundRefunds(EVENT, 5n);
      await time.increaseTo(terms.doorsAt + 180 * DAY_S);
      const balanceOf = token.getFunction("balanceOf");
      await office.release(EVENT);
      expect(await balanceOf(organiser)).to.equal(2n * TOKEN_FACE);
      await office.reclaimFunds(EVENT);
      expect(await balanceOf(organiser)).to.equal(2n * TOKEN_FACE + 5n);
      expect(await balanceOf(office)).to.equal(0n);
    });
  });

  describe("refund, in a token that answers nothing", () => {
    it("pays the holder, and owes nothing", async () => {
      const { office, token, alice, id } = await loadFixture(oddFixture);
      await office.refund([id]);
      expect(await token.getFunction("balanceOf")(alice)).to.equal(TOKEN_FACE);
      expect(await office.creditOf(alice, token)).to.equal(0n);
    });

    it("owes the holder while the token answers false", async () => {
      const { office, token, alice, id } = await loadFixture(oddFixture);
      await token.getFunction("lie")(true);
      await expect(office.refund([id]))
        .to.emit(office, "PayoutCredited")
        .withArgs(alice, token, TOKEN_FACE);
      await expect(office.withdraw(alice, token))
        .to.be.revertedWithCustomError(office, "CreditsRefused")
        .withArgs(alice, TOKEN_FACE);
      await token.getFunction("lie")(false);
      await office.withdraw(alice, token);
      expect(await token.getFunction("balanceOf")(alice)).to.equal(TOKEN_FACE);
    });
  });
});

/** alice bought seats 1 and 2 of event 8, whose token is odd; the first was taken back. */
async function oddFixture() {
  const stage = await nativeOffice();
  const { office, tickets, refunder, alice, server } = stage;
  const token = await ethers.deployContract("OddToken");
  const [currency, boxOffice] = await Promise.all([token.getAddress(), office.getAddress()]);
  await createEvent(stage, { eventId: 8n, currency, boxOffice });
  await token.getFunction("mint")(alice, 2n * TOKEN_FACE);
  const asAlice = token.connect(alice) as typeof token;
  await asAlice.getFunction("approve")(office, 2n * TOKEN_FACE);
  const { order, signature } = await orderFor(stage, { eventId: 8n });
  await office.connect(alice).buy(order, server, signature);
  const id = seatId({ eventId: 8n });
  await tickets.connect(refunder).void([id]);
  return { ...stage, token, id };
}
