// Checks that a ticket taken or given back after its scan holds up no other of the gate's list.
import { expect } from "chai";
import { DAY_S, EVENT, FLAG, HOUR_S, loadFixture, soldFixture, time } from "./tickets-fixture.ts";

describe("Tickets", () => {
  it("posts the other scans of a list in which one ticket was given back meanwhile", async () => {
    const stage = await loadFixture(soldFixture);
    const { tickets, gate, organiser, alice, terms, id } = stage;
    await time.increaseTo(terms.doorsAt - HOUR_S);
    await tickets.connect(organiser).reschedule(EVENT, terms.doorsAt + DAY_S);
    await tickets.connect(alice).giveBack(id);
    await time.increaseTo(terms.doorsAt + DAY_S);
    const sent = tickets.connect(gate).checkInMany([id, id + 1n]);
    await expect(sent)
      .to.emit(tickets, "CheckedIn")
      .withArgs(id + 1n);
    expect((await tickets.ticketOf(id)).flags).to.equal(FLAG.VOID | FLAG.CARD);
    expect((await tickets.ticketOf(id + 1n)).flags).to.equal(FLAG.USED | FLAG.CARD);
  });
});
