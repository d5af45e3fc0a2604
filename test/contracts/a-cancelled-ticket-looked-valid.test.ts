// Checks that a ticket's metadata says what became of its event, and that a souvenir stays one.
import { expect } from "chai";
import { FACE, nativeOffice, orderFor } from "./office-fixture.ts";
import { EVENT, ethers, FLAG, loadFixture, seatId, time } from "./tickets-fixture.ts";

const [USED, UNUSED] = [seatId({}), seatId({ seat: 2n })];
const FOLDER = "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

describe("Tickets", () => {
  describe("tokenURI, of a cancelled event", () => {
    it("says so before anybody asked for the money, and void afterwards", async () => {
      const stage = await loadFixture(lateOffice);
      const { office, tickets, guardian } = stage;
      expect(await stateOf(stage, UNUSED)).to.equal("valid");
      await tickets.connect(guardian).cancelEvent(EVENT);
      expect(await stateOf(stage, UNUSED)).to.equal("cancelled");
      await office.refund([UNUSED]);
      expect(await stateOf(stage, UNUSED)).to.equal("void");
    });

    it("leaves a used ticket a souvenir, whose price is paid back all the same", async () => {
      const stage = await loadFixture(lateOffice);
      const { office, tickets, guardian, alice } = stage;
      await tickets.connect(guardian).cancelEvent(EVENT);
      await expect(office.refund([USED])).to.changeEtherBalance(ethers, alice, FACE);
      expect(await stateOf(stage, USED)).to.equal("used");
      expect((await tickets.ticketOf(USED)).flags).to.equal(FLAG.USED | FLAG.VOID);
      expect(await tickets.ownerOf(USED)).to.equal(alice);
    });

    it("shows the organiser's picture for void tickets", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, tickets, organiser, guardian, server, alice } = stage;
      const renderer = await ethers.getContractAt("Renderer", await tickets.renderer());
      await (renderer.connect(organiser) as typeof renderer).getFunction("setArtwork")(
        EVENT,
        FOLDER,
      );
      const { order, signature } = await orderFor(stage);
      await office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
      await tickets.connect(guardian).cancelEvent(EVENT);
      expect((await metadataOf(stage, UNUSED)).image).to.equal(`${FOLDER}/void`);
    });
  });
});

type Stage = Awaited<ReturnType<typeof nativeOffice>>;

/** alice was admitted with one of two tickets; the event can still be cancelled. */
async function lateOffice() {
  const stage = await nativeOffice();
  const { office, tickets, server, gate, alice, terms } = stage;
  const { order, signature } = await orderFor(stage);
  await office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
  await time.increaseTo(terms.doorsAt);
  await tickets.connect(gate).checkIn(USED);
  return stage;
}

async function stateOf(stage: Stage, id: bigint): Promise<unknown> {
  return (await metadataOf(stage, id)).attributes.at(-1)?.value;
}

async function metadataOf({ tickets }: Stage, id: bigint) {
  const [, json = ""] = ((await tickets.tokenURI(id)) as string).split("base64,");
  return JSON.parse(ethers.toUtf8String(ethers.decodeBase64(json))) as {
    image: string;
    attributes: { trait_type: string; value: unknown }[];
  };
}
