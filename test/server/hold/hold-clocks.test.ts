// The clocks of processes may be minutes wrong: leases go by the time of Redis, sales by that of Postgres.
import { expect } from "chai";
import { extendHold } from "#server/hold/extend-hold.ts";
import { holdBest } from "#server/hold/hold-best.ts";
import { holdPlaces } from "#server/hold/hold-places.ts";
import { readHold, readHolds } from "#server/hold/read-holds.ts";
import { createSeatStateReader } from "#server/hold/read-seat-states.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { holdDeps, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { createOrder } from "../../support/pay-work.ts";
import { fanOf } from "../../support/rush.ts";

const WRONG_BY_MS = 5 * 60_000;
const LEASE_MS = 2 * 60_000;

const clockOff = (byMs: number): Clock => ({
  ...systemClock,
  now: () => new Date(systemClock.now().getTime() + byMs),
});

describe("holds of processes whose clocks are wrong", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
    // Shorter than the clocks are wrong, so that whoever went by them would see it ended.
    await house.db.query({ text: "UPDATE sale.event SET hold_ttl_ms = $1", values: [LEASE_MS] });
    await house.db.query({
      text: `UPDATE sale.phase SET starts_at = now() - interval '1 min',
                                   ends_at = now() + interval '1 min'`,
    });
  });
  after(() => house.close());

  for (const [at, byMs] of [-WRONG_BY_MS, 0, WRONG_BY_MS].entries()) {
    it(`are made, found, extended and ordered at ${byMs / 60_000} minutes`, async () => {
      const deps = holdDeps(house, clockOff(byMs));
      const [event, owner] = [house.event, fanOf(at)];
      const seats = stalls(at + 1, 1, 2);
      const made = await holdPlaces(deps, { event, owner, places: { seats, areas: [] } });
      const left = made.expiresAt.getTime() - systemClock.now().getTime();
      expect(left).to.be.closeTo(LEASE_MS, 5_000);
      expect((await readHold(deps, { event, owner, holdId: made.id })).places.seats).to.deep.equal(
        seats,
      );
      expect(await readHolds(deps, { event, owner })).to.have.lengthOf(1);
      const states = await createSeatStateReader(deps)(event);
      expect(states.held).to.include.members(seats);
      await extendHold(deps, { event, owner, holdId: made.id });
      const order = { event, owner, holdId: made.id, key: randomUuid() };
      expect(await createOrder(deps, order)).to.match(/^ord_/);
    });
  }

  it("are not given by a fast process while a slow one still has them", async () => {
    const fast = holdDeps(house, clockOff(WRONG_BY_MS));
    const slow = holdDeps(house, clockOff(-WRONG_BY_MS));
    const wish = { event: house.event, places: { seats: stalls(5, 1), areas: [] } };
    await holdPlaces(slow, { ...wish, owner: fanOf(7) });
    const outcome = await holdPlaces(fast, { ...wish, owner: fanOf(8) }).catch((error) => error);
    expect(outcome).to.include({ code: "hold/seat-taken" });
    const best = {
      places: 1,
      isTogether: true,
      wheelchairs: 0,
      category: undefined,
      pricesMax: [],
    };
    const given = await holdBest(fast, { event: house.event, owner: fanOf(9), best, areas: [] });
    expect(given.places.seats).not.to.include(stalls(5, 1)[0]);
  });
});
