// Checks what wallets show of a ticket: the drawn picture, an event's own, and who chooses it.
import { expect } from "chai";
import type { BaseContract, BaseContractMethod, ContractRunner } from "ethers";
import {
  createEvent,
  EVENT,
  ethers,
  loadFixture,
  mint,
  type Stage,
  seatId,
  ticketsFixture,
  time,
} from "./tickets-fixture.ts";

const OTHER_EVENT = 9n;
const HASH = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
const HASH_V0 = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKGyiM";
const KEY = "k51qzi5uqu5dlpyo95fcwr39ox3gauhvduks5o726m9t9r7cszpowe1x6lj5l8";
const FOLDER = `ipfs://${HASH}/art_1`;
const LENGTH_MAX = 100;

type Method = "setArtwork" | "artworkOf" | "EVENTS";
type Renderer = Omit<BaseContract, "connect"> &
  Record<Method, BaseContractMethod> & { connect(runner: ContractRunner): Renderer };

describe("Renderer", () => {
  describe("setArtwork", () => {
    it("gives an event's tickets a picture for each state, and leaves the others alone", async () => {
      const stage = await loadFixture(artFixture);
      const { renderer, tickets, organiser, gate, alice } = stage;
      await expect(renderer.connect(organiser).setArtwork(EVENT, FOLDER))
        .to.emit(renderer, "ArtworkSet")
        .withArgs(EVENT, FOLDER);
      expect(await renderer.artworkOf(EVENT)).to.equal(FOLDER);
      await mint(stage, { to: alice.address, count: 2 });
      await mint(stage, { to: alice.address, eventId: OTHER_EVENT });
      expect(await jsonOf(stage, seatId({}))).to.include({
        name: "Event 7, section 1, row 1, seat 1",
        image: `${FOLDER}/valid`,
      });
      const other = await jsonOf(stage, seatId({ eventId: OTHER_EVENT }));
      expect(other.image).to.match(/^data:image\/svg\+xml;base64,/);
      await time.increaseTo((await tickets.eventOf(EVENT)).doorsAt);
      await tickets.connect(gate).checkIn(seatId({}));
      const used = await jsonOf(stage, seatId({}));
      expect(used.image).to.equal(`${FOLDER}/used`);
      expect(used.attributes.at(-1)).to.deep.equal({ trait_type: "State", value: "used" });
    });

    it("takes the picture away again while nothing is sold", async () => {
      const { renderer, organiser } = await loadFixture(artFixture);
      await renderer.connect(organiser).setArtwork(EVENT, FOLDER);
      await expect(renderer.connect(organiser).setArtwork(EVENT, ""))
        .to.emit(renderer, "ArtworkSet")
        .withArgs(EVENT, "");
      expect(await renderer.artworkOf(EVENT)).to.equal("");
    });

    it("is for the event's organiser and for holders of ORGANISER_ROLE", async () => {
      const stage = await loadFixture(artFixture);
      const { renderer, tickets, admin, alice, carol, organiser } = stage;
      await expect(renderer.connect(alice).setArtwork(EVENT, FOLDER))
        .to.be.revertedWithCustomError(renderer, "RendererNotOrganiser")
        .withArgs(alice, EVENT);
      await createEvent(stage, { eventId: 10n, organiser: carol.address });
      await renderer.connect(carol).setArtwork(10n, FOLDER);
      expect(await renderer.artworkOf(10n)).to.equal(FOLDER);
      await expect(renderer.connect(carol).setArtwork(EVENT, FOLDER))
        .to.be.revertedWithCustomError(renderer, "RendererNotOrganiser")
        .withArgs(carol, EVENT);
      await renderer.connect(organiser).setArtwork(10n, "");
      const role = await tickets.ORGANISER_ROLE();
      await tickets.connect(admin).revokeRole(role, organiser);
      await expect(renderer.connect(organiser).setArtwork(10n, FOLDER))
        .to.be.revertedWithCustomError(renderer, "RendererNotOrganiser")
        .withArgs(organiser, 10n);
    });

    it("is over with the first ticket, so that nobody's picture is swapped", async () => {
      const stage = await loadFixture(artFixture);
      const { renderer, organiser, alice } = stage;
      await mint(stage, { to: alice.address });
      await expect(renderer.connect(organiser).setArtwork(EVENT, FOLDER))
        .to.be.revertedWithCustomError(renderer, "RendererSaleStarted")
        .withArgs(EVENT);
    });

    it("refuses an event that is not there", async () => {
      const { renderer, tickets, organiser } = await loadFixture(artFixture);
      await expect(renderer.connect(organiser).setArtwork(11n, FOLDER))
        .to.be.revertedWithCustomError(tickets, "TicketsEventUnknown")
        .withArgs(11n);
    });

    const safe = [
      "ar://bNbA3TEQVL60xlgCcqdz4ZPHFZ711cZ3hmkpGttDt_U",
      "ar://bNbA3TEQVL60xlgCcqdz4ZPHFZ711cZ3hmkpGttDt_U/art",
      `ipfs://${HASH_V0}`,
      `ipfs://${HASH}`,
      `ipfs://${HASH.replace("bafy", "bafk")}`,
      `ipfs://${HASH}/azAZ09-._/`,
      `ipfs://${HASH}/${"a".repeat(LENGTH_MAX - 8 - HASH.length)}`,
    ];
    for (const folder of safe) {
      it(`takes ${folder}`, async () => {
        const { renderer, organiser } = await loadFixture(artFixture);
        await renderer.connect(organiser).setArtwork(EVENT, folder);
        expect(await renderer.artworkOf(EVENT)).to.equal(folder);
      });
    }

    const unsafe = {
      "a web server": "https://example.org/art",
      "a scheme without an address": "ipfs://",
      "the other scheme without an address": "ar://",
      "a scheme in capitals": "IPFS://a",
      "a hash without a scheme": `${HASH}/art`,
      "half a scheme": "ipfs:/",
      "one letter too many": `ipfs://${HASH}/${"a".repeat(LENGTH_MAX - 7 - HASH.length)}`,
      "a quotation mark": `ipfs://${HASH}/a","image":"x`,
      "a backslash": `ipfs://${HASH}/a\\u0022`,
      "a space": `ipfs://${HASH}/a b`,
      "a line feed": `ipfs://${HASH}/a\nb`,
      "a query": `ipfs://${HASH}/a?b`,
      "the letter before -": `ipfs://${HASH}/a,`,
      "the letter after 9": `ipfs://${HASH}/a:`,
      "the letter before A": `ipfs://${HASH}/a@`,
      "the letter after Z": `ipfs://${HASH}/a[`,
      "the letter before a": `ipfs://${HASH}/a\``,
      "the letter after z": `ipfs://${HASH}/a{`,
      "a letter of another alphabet": `ipfs://${HASH}/ä`,
      "a way out of the folder": `ipfs://${HASH}/../../ipns/example.org`,
      "a name at Arweave": "ar://stagedoor",
      "a name at Arweave that is longer than a hash": `ar://${"a".repeat(44)}`,
      "a name in the DNS": "ipfs://example.org",
      "a name in the DNS that is as long as a hash": `ipfs://bafy.${HASH.slice(5)}`,
      "a name that is a key": `ipfs://${KEY}`,
      "a key in the letters of a hash": `ipfs://${HASH.replace("bafy", "bafz")}`,
      "half a hash": `ipfs://${HASH.slice(0, 58)}`,
      "half a hash of the older kind": `ipfs://${HASH_V0.slice(0, 45)}`,
    };
    for (const [what, folder] of Object.entries(unsafe)) {
      it(`refuses ${what}`, async () => {
        const { renderer, organiser } = await loadFixture(artFixture);
        await expect(renderer.connect(organiser).setArtwork(EVENT, folder))
          .to.be.revertedWithCustomError(renderer, "RendererFolderUnsafe")
          .withArgs(folder);
      });
    }
  });

  describe("EVENTS", () => {
    it("is the contract that made the renderer", async () => {
      const { renderer, tickets } = await loadFixture(artFixture);
      expect(await renderer.EVENTS()).to.equal(tickets);
    });
  });
});

async function artFixture() {
  const stage = await ticketsFixture();
  await createEvent(stage);
  await createEvent(stage, { eventId: OTHER_EVENT });
  const found = await ethers.getContractAt("Renderer", await stage.tickets.renderer());
  return { ...stage, renderer: found as unknown as Renderer };
}

async function jsonOf({ tickets }: Stage, id: bigint) {
  const uri: string = await tickets.tokenURI(id);
  const [, encoded = ""] = uri.split("base64,");
  return JSON.parse(ethers.toUtf8String(ethers.decodeBase64(encoded)));
}
