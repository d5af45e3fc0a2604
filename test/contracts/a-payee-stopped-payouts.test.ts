// Checks that a payee who redirects its share in front of each payout stops none of the others for long.
import { expect } from "chai";
import { nativeFixture, offer } from "./resale-fixture.ts";
import { DAY_S, EVENT, ethers, loadFixture, time, ZERO } from "./tickets-fixture.ts";
import { domainOf, fields } from "./tickets-messages.ts";

const TYPES = {
  Redirect: fields("uint256 eventId,uint256 version,uint256 index,address to"),
};

describe("Splits", () => {
  describe("redirectShare, again and again", () => {
    it("is once a day for each share, so that payouts go on in between", async () => {
      const stage = await loadFixture(nativeFixture);
      const { resale, splits, bob, carol, split } = stage;
      const { ask, signature, value } = await offer(stage);
      await resale.connect(bob).buy(ask, bob, signature, { value });
      const redirect = async (version: bigint) => {
        const domain = await domainOf(splits, "Splits");
        const message = { eventId: EVENT, version, index: 0, to: carol.address };
        const consent = await carol.signTypedData(domain, TYPES, message);
        return splits.getFunction("redirectShare")(EVENT, { ...split, version }, 0, carol, consent);
      };
      const at = (await time.latest()) + 100;
      await time.setNextBlockTimestamp(at);
      await redirect(0n);
      await expect(resale.distribute(EVENT, ZERO, split)).to.be.revertedWithCustomError(
        resale,
        "PayoutsSplitUnknown",
      );
      await time.setNextBlockTimestamp(at + DAY_S - 1);
      await expect(redirect(1n))
        .to.be.revertedWithCustomError(splits, "SplitsRedirectTooEarly")
        .withArgs(EVENT, 0, at + DAY_S);
      const pot = await resale.potOf(EVENT, ZERO);
      await expect(resale.distribute(EVENT, ZERO, { ...split, version: 1n })).to.changeEtherBalance(
        ethers,
        carol,
        pot,
      );
      await time.setNextBlockTimestamp(at + DAY_S);
      await redirect(1n);
    });
  });
});
