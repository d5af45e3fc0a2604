// Checks that refund funds are taken by the box office that pays them, and by no other.
import { expect } from "chai";
import { nativeOffice } from "./office-fixture.ts";
import { createEvent, EVENT, loadFixture, ZERO } from "./tickets-fixture.ts";

describe("BoxOffice", () => {
  it("takes no refund funds for an event of another box office, or of none", async () => {
    const stage = await loadFixture(nativeOffice);
    const { office, bob, cashier } = stage;
    await createEvent(stage, { eventId: 8n, boxOffice: cashier.address });
    await createEvent(stage, { eventId: 9n, boxOffice: ZERO });
    for (const [eventId, boxOffice] of [
      [8n, cashier.address],
      [9n, ZERO],
    ] as const) {
      await expect(office.connect(bob).fundRefunds(eventId, 5n, { value: 5n }))
        .to.be.revertedWithCustomError(office, "EscrowNotBoxOffice")
        .withArgs(eventId, boxOffice);
    }
    await office.connect(bob).fundRefunds(EVENT, 5n, { value: 5n });
    expect(await office.fundsOf(EVENT)).to.equal(5n);
  });
});
