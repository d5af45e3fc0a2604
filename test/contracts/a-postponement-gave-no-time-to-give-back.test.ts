// Checks that moved doors always leave holders time to give their tickets back.
import { expect } from "chai";
import {
  createEvent,
  DAY_S,
  EVENT,
  HOUR_S,
  loadFixture,
  mint,
  seatId,
  ticketsFixture,
  time,
} from "./tickets-fixture.ts";

describe("Tickets", () => {
  it("takes tickets back when doors move by less than the freeze has lasted", async () => {
    const stage = await loadFixture(soldTickets);
    const { tickets, organiser, alice, terms, id } = stage;
    await time.increaseTo(terms.doorsAt - HOUR_S);
    const doorsAt = terms.doorsAt + HOUR_S / 2;
    await tickets.connect(organiser).reschedule(EVENT, doorsAt);
    expect((await tickets.eventOf(EVENT)).refundUntil).to.equal(doorsAt);
    await tickets.connect(alice).giveBack(id);
  });

  it("takes tickets back that could not move from the start", async () => {
    const stage = await ticketsFixture();
    const { tickets, organiser, alice } = stage;
    const terms = await createEvent(stage, { freezeAt: 1 });
    await mint(stage, { to: alice.address });
    const at = (await time.latest()) + 100;
    await time.setNextBlockTimestamp(at);
    await tickets.connect(organiser).reschedule(EVENT, terms.doorsAt + 9 * DAY_S);
    expect((await tickets.eventOf(EVENT)).refundUntil).to.equal(at + 14 * DAY_S);
    await tickets.connect(alice).giveBack(seatId({}));
  });

  it("does not end a time to give back that was promised", async () => {
    const stage = await ticketsFixture();
    const { tickets, organiser } = stage;
    const freezeAt = (await time.latest()) + DAY_S;
    const terms = await createEvent(stage, { freezeAt });
    await time.increaseTo(freezeAt + 3 * DAY_S);
    await tickets.connect(organiser).reschedule(EVENT, terms.doorsAt + DAY_S);
    const { refundUntil } = await tickets.eventOf(EVENT);
    await tickets.connect(organiser).reschedule(EVENT, terms.doorsAt + 4 * DAY_S);
    expect((await tickets.eventOf(EVENT)).refundUntil).to.be.at.least(refundUntil);
  });
});

/** alice holds seats 1 to 3. */
async function soldTickets() {
  const stage = await ticketsFixture();
  const terms = await createEvent(stage);
  await mint(stage, { to: stage.alice.address, count: 3 });
  return { ...stage, terms, id: seatId({}) };
}
