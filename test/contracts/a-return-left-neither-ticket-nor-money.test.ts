// Checks that nobody gives a ticket back whose price no box office has.
import { expect } from "chai";
import { FACE, nativeOffice, orderFor } from "./office-fixture.ts";
import { DAY_S, EVENT, ethers, FLAG, loadFixture, mint, run, seatId } from "./tickets-fixture.ts";
import { askFor, signAsk } from "./tickets-messages.ts";

describe("Tickets", () => {
  describe("giveBack, of a ticket sold off chain", () => {
    it("leaves a ticket that was sold on with its holder", async () => {
      const { tickets, bob, id } = await loadFixture(resoldAndMoved);
      await expect(tickets.connect(bob).giveBack(id))
        .to.be.revertedWithCustomError(tickets, "TicketsNotFunded")
        .withArgs(id);
      expect((await tickets.ticketOf(id)).flags).to.equal(FLAG.CARD | FLAG.RESOLD);
    });

    it("takes one that its first buyer still has: the card is where its money came from", async () => {
      const { tickets, alice, id } = await loadFixture(resoldAndMoved);
      await tickets.connect(alice).giveBack(id + 1n);
      expect((await tickets.ticketOf(id + 1n)).flags).to.equal(FLAG.CARD | FLAG.VOID);
    });
  });

  describe("giveBack, of a ticket whose price lies in escrow", () => {
    it("takes one that was sold on, and its holder is paid", async () => {
      const stage = await loadFixture(resoldAndMoved);
      const { tickets, office, bob, funded } = stage;
      await tickets.connect(bob).giveBack(funded);
      await expect(office.refund([funded])).to.changeEtherBalance(ethers, bob, FACE);
    });
  });
});

/**
 * alice paid two tickets of row 1 by card and two of row 2 into escrow, and sold the first of each
 * to bob; then doors were moved.
 */
async function resoldAndMoved() {
  const stage = await nativeOffice();
  const { tickets, office, server, alice, bob, organiser, terms } = stage;
  await tickets.connect(organiser).setMarket(EVENT, stage.market, true);
  await mint(stage, { to: alice.address, count: 2 });
  const runs = run({ to: alice.address, row: 2n, count: 2 });
  const { order, signature } = await orderFor(stage, { runs });
  await office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
  const [id, funded] = [seatId({}), seatId({ row: 2n })];
  for (const sold of [id, funded]) {
    const ask = await askFor(stage, sold, { price: FACE });
    await tickets.connect(stage.market).settle(ask, bob, await signAsk(stage, alice, ask));
  }
  await tickets.connect(organiser).reschedule(EVENT, terms.doorsAt + DAY_S);
  return { ...stage, id, funded };
}
