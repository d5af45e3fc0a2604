// Checks the contracts without rights that Tickets makes for itself, asked directly.
import { expect } from "chai";
import {
  EVENT,
  ethers,
  eventFixture,
  HOUR_S,
  loadFixture,
  soldFixture,
  termsFor,
  ticketsFixture,
} from "./tickets-fixture.ts";

describe("TermsReader", () => {
  describe("read", () => {
    it("packs the terms that Tickets then keeps, with the freeze resolved", async () => {
      const stage = await loadFixture(ticketsFixture);
      const reader = await at("TermsReader", await stage.tickets.TERMS_READER());
      const terms = await termsFor(stage);
      const [head, classes, faceUnit] = await reader.getFunction("read")(EVENT, terms);
      const field = (offset: bigint, bits: bigint) => (head >> offset) & (2n ** bits - 1n);
      expect(field(40n, 40n)).to.equal(BigInt(terms.doorsAt));
      expect(field(80n, 40n)).to.equal(BigInt(terms.doorsAt - 2 * HOUR_S));
      expect(field(224n, 8n)).to.equal(BigInt(terms.policy));
      expect(field(232n, 8n)).to.equal(BigInt(terms.maxGifts));
      const caps = terms.caps.map((_, index) => (classes >> BigInt(48 * index)) & 0xffffffn);
      expect(caps).to.deep.equal(terms.caps.map(BigInt));
      expect(faceUnit).to.equal(10n ** 9n);
    });

    it("refuses what no event can have, whoever asks", async () => {
      const stage = await loadFixture(ticketsFixture);
      const reader = await at("TermsReader", await stage.tickets.TERMS_READER());
      const terms = { ...(await termsFor(stage)), organiser: ethers.ZeroAddress };
      await expect(reader.getFunction("read")(EVENT, terms))
        .to.be.revertedWithCustomError(reader, "TicketsOrganiserZero")
        .withArgs(EVENT);
    });
  });
});

describe("PassReader", () => {
  describe("read", () => {
    it("answers no to bytes that are no pass, and says nothing of them", async () => {
      const { tickets } = await loadFixture(ticketsFixture);
      const reader = await at("PassReader", await tickets.PASS_READER());
      for (const bytes of ["0x", `0x01${"00".repeat(178)}`, `0x02${"ff".repeat(178)}`]) {
        const [fresh, said] = await reader.getFunction("read")(bytes);
        expect(fresh).to.equal(false);
        expect([...said]).to.deep.equal([0n, 0n, ethers.ZeroHash]);
      }
    });
  });
});

describe("Renderer", () => {
  describe("tokenURI and contractURI", () => {
    it("answer what Tickets hands on, to anybody", async () => {
      const { tickets, id } = await loadFixture(soldFixture);
      const renderer = await at("Renderer", await tickets.renderer());
      const state = [...(await tickets.ticketOf(id))];
      expect(await renderer.getFunction("tokenURI")(id, state)).to.equal(
        await tickets.tokenURI(id),
      );
      const collection = await renderer.getFunction("contractURI")();
      expect(collection).to.equal(await tickets.contractURI());
      const [, json = ""] = collection.split("base64,");
      expect(JSON.parse(ethers.toUtf8String(ethers.decodeBase64(json)))).to.include({
        name: "Stagedoor Tickets",
      });
    });
  });

  describe("artworkOf", () => {
    it("is nothing for an event whose organiser chose none", async () => {
      const { tickets } = await loadFixture(eventFixture);
      const renderer = await at("Renderer", await tickets.renderer());
      expect(await renderer.getFunction("artworkOf")(EVENT)).to.equal("");
    });
  });
});

function at(name: string, address: string) {
  return ethers.getContractAt(name, address);
}
