// Checks that a ticket returned to the organiser at face brings its face, and that no other sale is spared royalties.
import { expect } from "chai";
import { NATIVE_FACE, nativeFixture, offer } from "./resale-fixture.ts";
import { EVENT, ethers, loadFixture, ZERO } from "./tickets-fixture.ts";

const ROYALTY = NATIVE_FACE / 10n;

describe("Resale", () => {
  describe("buy, of a ticket that is returned to the organiser", () => {
    for (const [what, price] of [
      ["at face", NATIVE_FACE],
      ["below face", NATIVE_FACE - 10n],
    ] as const) {
      it(`pays the holder the whole price ${what}`, async () => {
        const stage = await loadFixture(nativeFixture);
        const { resale, organiser, alice } = stage;
        const asked = { allowedBuyer: organiser.address, price };
        const { ask, signature, value } = await offer(stage, asked);
        const sent = resale.connect(organiser).buy(ask, organiser, signature, { value });
        await expect(sent).to.changeEtherBalance(ethers, alice, price);
        await expect(sent)
          .to.emit(resale, "Sold")
          .withArgs(ask.id, alice, organiser, price, 0n, 0n);
        expect(await resale.potOf(EVENT, ZERO)).to.equal(0n);
      });
    }

    it("takes royalties where the organiser pays more than face", async () => {
      const stage = await loadFixture(nativeFixture);
      const { resale, organiser } = stage;
      const price = NATIVE_FACE + 10n;
      const { ask, signature, value } = await offer(stage, {
        ...{ allowedBuyer: organiser.address, price },
      });
      await resale.connect(organiser).buy(ask, organiser, signature, { value });
      expect(await resale.potOf(EVENT, ZERO)).to.equal(price / 10n);
    });

    it("takes royalties of asks to anybody, and to another buyer", async () => {
      for (const name of ["organiser", "bob"] as const) {
        const stage = await loadFixture(nativeFixture);
        const { resale } = stage;
        const allowedBuyer = name === "bob" ? stage.bob.address : ZERO;
        const { ask, signature, value } = await offer(stage, { allowedBuyer });
        await resale.connect(stage[name]).buy(ask, stage[name], signature, { value });
        expect(await resale.potOf(EVENT, ZERO)).to.equal(ROYALTY);
      }
    });
  });
});
