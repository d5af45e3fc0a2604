// Checks that a seat sold again is paid, refunded and released on its own.
import { expect } from "chai";
import { FACE, nativeOffice, orderFor } from "./office-fixture.ts";
import {
  CLASS,
  createEvent,
  DAY_S,
  EVENT,
  ethers,
  loadFixture,
  mint,
  PRICE,
  run,
  seatId,
  time,
} from "./tickets-fixture.ts";

const ISSUES = 16n;

describe("BoxOffice", () => {
  describe("buy, of a seat whose first ticket is void", () => {
    it("takes the new price, and keeps the old one for whoever held the old ticket", async () => {
      const stage = await loadFixture(nativeOffice);
      const { office, tickets, refunder, organiser, server, alice, bob, terms } = stage;
      const first = await orderFor(stage, { runs: run({ to: alice.address }) });
      await office.connect(alice).buy(first.order, server, first.signature, { value: FACE });
      await tickets.connect(refunder).void([seatId({})]);
      const again = { unitPrice: 2n * PRICE, runs: run({ to: bob.address, issue: 1n }) };
      const second = await orderFor(stage, again);
      const asBob = office.connect(bob);
      for (const value of [0n, FACE]) {
        await expect(asBob.buy(second.order, server, second.signature, { value }))
          .to.be.revertedWithCustomError(office, "EscrowPaymentWrong")
          .withArgs(value, 2n * FACE);
      }
      await asBob.buy(second.order, server, second.signature, { value: 2n * FACE });
      expect(await office.escrowOf(EVENT)).to.equal(3n * FACE);
      await time.increaseTo(terms.doorsAt + 3 * DAY_S);
      const released = office.release(EVENT);
      await expect(released).to.changeEtherBalance(ethers, organiser, 2n * FACE);
      const refunded = office.refund([seatId({})]);
      await expect(refunded).to.changeEtherBalance(ethers, alice, FACE);
      await expect(office.refund([seatId({ issue: 1n })]))
        .to.be.revertedWithCustomError(tickets, "TicketsNotRefundable")
        .withArgs(seatId({ issue: 1n }));
    });
  });
});

describe("Tickets", () => {
  describe("mintRuns, of seats that are issued again", () => {
    it("takes no unit, of whatever class: the sum of all classes holds, not each one", async () => {
      const stage = await loadFixture(nativeOffice);
      const { tickets, minter, refunder, alice } = stage;
      const caps = [2, 0, 0, 0, 1];
      await createEvent(stage, { eventId: 8n, caps });
      const asMinter = tickets.connect(minter);
      const to = alice.address;
      await asMinter.mintRuns(8n, CLASS.PUBLIC, PRICE, run({ to, count: 2 }));
      await asMinter.mintRuns(8n, CLASS.COMP, 0, run({ to, row: 2n }));
      await tickets.connect(refunder).void([seatId({ eventId: 8n, row: 2n })]);
      await asMinter.mintRuns(8n, CLASS.PUBLIC, PRICE, run({ to, issue: 1n, row: 2n }));
      expect(await tickets.classOf(8n, CLASS.PUBLIC)).to.deep.equal([2n, 2n]);
      expect(await tickets.classOf(8n, CLASS.COMP)).to.deep.equal([1n, 1n]);
      await expect(asMinter.mintRuns(8n, CLASS.PUBLIC, PRICE, run({ to, row: 3n })))
        .to.be.revertedWithCustomError(tickets, "TicketsClassCapExceeded")
        .withArgs(8n, CLASS.PUBLIC, 2, 3);
    });

    it("goes on sixteen times, and no seat is issued a seventeenth", async () => {
      const stage = await loadFixture(nativeOffice);
      const { tickets, refunder, alice } = stage;
      for (let issue = 0n; issue < ISSUES; issue += 1n) {
        await mint(stage, { to: alice.address, row: 7n, issue });
        await tickets.connect(refunder).void([seatId({ row: 7n, issue })]);
      }
      const last = { row: 7n, issue: ISSUES - 1n };
      await expect(mint(stage, { to: alice.address, ...last }))
        .to.be.revertedWithCustomError(tickets, "TicketsSeatTaken")
        .withArgs(seatId(last));
    });
  });
});
