// An on-sale: ten thousand fans for five hundred seats, and a herd for the best ones.
import { expect } from "chai";
import { findRuns } from "#server/domain/best-available.ts";
import { seatsKey } from "#server/hold/keys.ts";
import { leasePlaces } from "#server/hold/lease.ts";
import { formatMs } from "#server/hold/places.ts";
import { holdDeps } from "../support/buy.ts";
import { HERD, stampede } from "../support/herd.ts";
import { type House, openHouse } from "../support/house.ts";
import { seatHouse } from "../support/plan.ts";
import { fanOf, rush } from "../support/rush.ts";
import { chanceOf } from "../support/seeded.ts";

const SEED = 1;
const SERVED_MIN = 0.99;

describe("an on-sale", () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.close());

  it("sells 500 seats to 10,000 fans over 200 connections, each seat once", async () => {
    await rush(house, { fans: 10_000, seats: 500, connections: 200, seed: SEED });
  }).timeout(240_000);

  it("would lease seats twice without the script (so this test can fail)", async () => {
    const seats = await seatHouse(house, { sections: 1, rows: 1, seats: 10 });
    const chance = chanceOf(SEED);
    const key = seatsKey(house.event);
    const leases = await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        const seat = String(seats[chance(seats.length)]);
        if ((await house.redis.hget(key, seat)) !== null) return 0;
        await house.redis.hset(key, seat, `${formatMs(Number.MAX_SAFE_INTEGER)} ${fanOf(at)}`);
        return 1;
      }),
    );
    expect(leases.filter((lease) => lease === 1).length).to.be.greaterThan(seats.length);
  });

  it(`serves a herd of ${HERD} at once while seats last, and no seat twice`, async () => {
    const { asked, lost, noneLeft, seats } = await stampede(house, chanceOf(SEED));
    expect(new Set(seats).size).to.equal(seats.length);
    expect((asked - noneLeft - lost) / (asked - noneLeft)).to.be.at.least(SERVED_MIN);
    expect(noneLeft / asked).to.be.below(1 - SERVED_MIN);
  }).timeout(240_000);

  it("would refuse most of them if the choice came before the claim (so it can fail)", async () => {
    await seatHouse(house, { sections: 8, rows: 25, seats: 40 });
    const deps = holdDeps(house);
    const { event } = house;
    const sale = await deps.readSale(event);
    const [phase] = sale.phases as [(typeof sale.phases)[number]];
    const outcomes = await Promise.all(
      Array.from({ length: HERD }, async (_, at) => {
        const { isTaken } = await deps.readSeatBoard(event, sale);
        const wish = { places: 2, wheelchairs: 0, suits: () => true, isOnSale: () => true };
        const [best] = findRuns(sale.house, wish, { isTaken, runsMax: 1 });
        const wishes: [number[]] = [best?.seats ?? []];
        return leasePlaces(deps, { event, owner: fanOf(at), sale, phase, wishes, areas: [] });
      }),
    );
    const served = outcomes.filter((outcome) => "lease" in outcome).length;
    expect(served / HERD).to.be.below(0.5);
  });
});
