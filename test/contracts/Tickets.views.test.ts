// Checks what wallets, markets and gates can read of tickets and events.
import { expect } from "chai";
import {
  AT,
  createEvent,
  EVENT,
  ethers,
  FLAG,
  loadFixture,
  mint,
  POLICY,
  PRICE,
  seatId,
  soldFixture,
  time,
  wordOf,
  writeWord,
  ZERO,
} from "./tickets-fixture.ts";

const UNKNOWN = seatId({ seat: 99n });

describe("Tickets", () => {
  describe("ticketOf", () => {
    it("decodes every field", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, bob, id } = stage;
      const fields = [bob.address, 2n ** 48n - 2n, 4_094n, 14n, 254n, 2n ** 24n - 2n] as const;
      const [, face, nonce, gifts, flags, since] = fields;
      const word =
        (face << AT.face) |
        (nonce << AT.nonce) |
        (gifts << AT.gifts) |
        (flags << AT.flags) |
        (since << AT.since);
      await writeWord(stage, id, word | BigInt(bob.address));
      expect(await tickets.ticketOf(id)).to.deep.equal([...fields]);
    });

    it("tells a fresh ticket's price", async () => {
      const { tickets, alice, id } = await loadFixture(soldFixture);
      expect(await tickets.ticketOf(id)).to.deep.equal([
        alice.address,
        PRICE,
        0n,
        0n,
        FLAG.CARD,
        0n,
      ]);
    });
  });

  describe("of a ticket that does not exist", () => {
    for (const view of ["ticketOf", "ownerOf", "getApproved", "tokenURI"] as const) {
      it(`${view} refuses`, async () => {
        const { tickets } = await loadFixture(soldFixture);
        await expect(tickets[view](UNKNOWN))
          .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
          .withArgs(UNKNOWN);
      });
    }

    it("isTransferable refuses", async () => {
      const { tickets, alice, bob } = await loadFixture(soldFixture);
      await expect(tickets.isTransferable(UNKNOWN, alice, bob))
        .to.be.revertedWithCustomError(tickets, "ERC721NonexistentToken")
        .withArgs(UNKNOWN);
    });
  });

  describe("of an event that does not exist", () => {
    it("eventOf and classOf refuse", async () => {
      const { tickets } = await loadFixture(soldFixture);
      for (const eventId of [0n, EVENT + 1n, 2n ** 256n - 1n]) {
        for (const answer of [tickets.eventOf(eventId), tickets.classOf(eventId, 0)]) {
          await expect(answer)
            .to.be.revertedWithCustomError(tickets, "TicketsEventUnknown")
            .withArgs(eventId);
        }
      }
    });
  });

  describe("classOf", () => {
    it("refuses a class that does not exist", async () => {
      const { tickets } = await loadFixture(soldFixture);
      await expect(tickets.classOf(EVENT, 5))
        .to.be.revertedWithCustomError(tickets, "TicketsClassUnknown")
        .withArgs(5);
    });
  });

  describe("balanceOf", () => {
    it("refuses wallet zero", async () => {
      const { tickets } = await loadFixture(soldFixture);
      await expect(tickets.balanceOf(ZERO))
        .to.be.revertedWithCustomError(tickets, "ERC721InvalidOwner")
        .withArgs(ZERO);
    });
  });

  describe("isTransferable", () => {
    it("answers for the holder, for somebody else, and in general", async () => {
      const { tickets, alice, bob, id } = await loadFixture(soldFixture);
      expect(await tickets.isTransferable(id, alice, bob)).to.equal(true);
      expect(await tickets.isTransferable(id, bob, alice)).to.equal(false);
      expect(await tickets.isTransferable(id, ZERO, ZERO)).to.equal(true);
    });

    it("answers no to minting again and to burning", async () => {
      const { tickets, alice, bob, id } = await loadFixture(soldFixture);
      expect(await tickets.isTransferable(id, ZERO, bob)).to.equal(false);
      expect(await tickets.isTransferable(id, alice, ZERO)).to.equal(false);
    });

    it("answers no from the freeze on", async () => {
      const { tickets, alice, bob, id, terms } = await loadFixture(soldFixture);
      await time.increaseTo(terms.freezeAt - 1);
      expect(await tickets.isTransferable(id, alice, bob)).to.equal(true);
      await time.increaseTo(terms.freezeAt);
      expect(await tickets.isTransferable(id, alice, bob)).to.equal(false);
    });

    it("says of the holder's own hand what a transfer then does, under each policy", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, alice, bob } = stage;
      for (const [i, policy] of Object.values(POLICY).entries()) {
        const eventId = 100n + BigInt(i);
        const id = seatId({ eventId });
        await createEvent(stage, { eventId, policy });
        await mint(stage, { eventId, to: alice.address });
        const expected = await tickets.isTransferable(id, alice, bob);
        const sent = tickets.connect(alice).transferFrom(alice, bob, id);
        const moved = await sent.then(
          () => true,
          () => false,
        );
        expect(moved).to.equal(expected);
      }
    });
  });

  describe("royaltyInfo", () => {
    it("signals the event's share, rounded down", async () => {
      const { tickets, carol, id } = await loadFixture(soldFixture);
      expect(await tickets.royaltyInfo(id, 10_000n)).to.deep.equal([carol.address, 1_000n]);
      expect(await tickets.royaltyInfo(id, 19n)).to.deep.equal([carol.address, 1n]);
      expect(await tickets.royaltyInfo(id, 9n)).to.deep.equal([carol.address, 0n]);
    });

    it("answers for the largest price", async () => {
      const { tickets, carol, id } = await loadFixture(soldFixture);
      const price = 2n ** 256n - 1n;
      expect(await tickets.royaltyInfo(id, price)).to.deep.equal([carol.address, price / 10n]);
    });

    it("answers nothing for an unknown event", async () => {
      const { tickets } = await loadFixture(soldFixture);
      expect(await tickets.royaltyInfo(2n ** 256n - 1n, 100n)).to.deep.equal([ZERO, 0n]);
    });
  });

  describe("tokenURI", () => {
    it("names seat and state, on chain", async () => {
      const stage = await loadFixture(soldFixture);
      const { tickets, alice } = stage;
      const first = { section: 4095n, row: 26n, seat: 117n };
      const seat = { ...first, issue: 1n };
      await mint(stage, { to: alice.address, ...first });
      await tickets.connect(stage.refunder).void([seatId(first)]);
      await mint(stage, { to: alice.address, ...seat });
      const { image, ...rest } = await metadataOf(stage, seatId(seat));
      const [, svg = ""] = image.split("base64,");
      const drawn = ethers.toUtf8String(ethers.decodeBase64(svg));
      expect(drawn).to.match(/^<svg .*<.svg>$/s);
      const lines = [...drawn.matchAll(/<text[^>]*>([^<]*)</g)].map(([, line]) => line);
      expect(lines).to.deep.equal(["Event 7", "Section 4095", "Row 26", "Seat 117", "valid"]);
      expect(rest).to.deep.equal({
        name: "Event 7, section 4095, row 26, seat 117",
        attributes: [
          { trait_type: "Event", value: 7 },
          { trait_type: "Issue", value: 1 },
          { trait_type: "Section", value: 4095 },
          { trait_type: "Row", value: 26 },
          { trait_type: "Seat", value: 117 },
          { trait_type: "State", value: "valid" },
        ],
      });
      expect(await tickets.name()).to.equal("Stagedoor Tickets");
      expect(await tickets.symbol()).to.equal("STAGE");
    });

    it("follows the state", async () => {
      const stage = await loadFixture(soldFixture);
      const { id } = stage;
      const fresh = await wordOf(stage, id);
      for (const [flag, state] of [
        [FLAG.USED, "used"],
        [FLAG.VOID, "void"],
        [FLAG.LOCKED, "valid"],
      ] as const) {
        await writeWord(stage, id, fresh | (flag << AT.flags));
        const { attributes } = await metadataOf(stage, id);
        expect(attributes.at(-1)).to.deep.equal({ trait_type: "State", value: state });
      }
    });
  });

  describe("supportsInterface", () => {
    const interfaces = {
      "ERC-165": "0x01ffc9a7",
      "ERC-721": "0x80ac58cd",
      "ERC-721 Metadata": "0x5b5e139f",
      "ERC-2981": "0x2a55205a",
      "ERC-4906": "0x49064906",
      "ERC-6454": "0x91a6262f",
      AccessControl: "0x7965db0b",
      "ERC-4494": "0x5604e225",
      "ERC-5008": "0xce03fdab",
      "ERC-5192": "0xb45a3c0e",
      "ERC-5313": "0x8da5cb5b",
    };
    for (const [name, interfaceId] of Object.entries(interfaces)) {
      it(`is true for ${name}`, async () => {
        const { tickets } = await loadFixture(soldFixture);
        expect(await tickets.supportsInterface(interfaceId)).to.equal(true);
      });
    }

    it("is true for no function of its own, but those that are an interface by themselves", async () => {
      const { tickets } = await loadFixture(soldFixture);
      const known = new Set<string>(Object.values(interfaces));
      const selectors: string[] = [];
      tickets.interface.forEachFunction(({ selector }) => selectors.push(selector));
      expect(selectors.filter((selector) => known.has(selector))).to.have.lengthOf(6);
      for (const selector of selectors) {
        expect(await tickets.supportsInterface(selector)).to.equal(known.has(selector));
      }
    });

    const others = {
      "what ERC-165 forbids": "0xffffffff",
      "nothing at all": "0x00000000",
      "ERC-721 Enumerable": "0x780e9d63",
      "ERC-1155": "0xd9b67a26",
      "ERC-7634": "0x1f8f8f9d",
    };
    for (const [name, interfaceId] of Object.entries(others)) {
      it(`is false for ${name}`, async () => {
        const { tickets } = await loadFixture(soldFixture);
        expect(await tickets.supportsInterface(interfaceId)).to.equal(false);
      });
    }
  });
});

async function metadataOf(
  { tickets }: Awaited<ReturnType<typeof soldFixture>>,
  id: bigint,
): Promise<{ name: string; image: string; attributes: { trait_type: string; value: unknown }[] }> {
  const uri: string = await tickets.tokenURI(id);
  const prefix = "data:application/json;base64,";
  expect(uri.startsWith(prefix)).to.equal(true);
  return JSON.parse(ethers.toUtf8String(ethers.decodeBase64(uri.slice(prefix.length))));
}
