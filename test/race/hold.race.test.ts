// A seat that everybody wants at the same moment, and the proof that the guard is what saves it.
import { expect } from "chai";
import { holdPlaces } from "#server/hold/hold-places.ts";
import { seatsKey } from "#server/hold/keys.ts";
import { holdDeps, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

const FANS = 200;

describe("race for seats", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  const fan = (at: number) => `0x${at.toString(16).padStart(40, "0")}` as const;

  const wishOf = (at: number, seats: number[]) => ({
    ...{ event: house.event, owner: fan(at) },
    places: { seats, areas: [] },
  });

  it("gives one seat to one of two hundred", async () => {
    const deps = holdDeps(house);
    const outcomes = await Promise.allSettled(
      Array.from({ length: FANS }, (_, at) => holdPlaces(deps, wishOf(at, stalls(1, 1)))),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.lengthOf(1);
  });

  it("never gives half of a wish, when wishes overlap like bricks", async () => {
    const deps = holdDeps(house);
    const wishes = Array.from({ length: FANS }, (_, at) =>
      stalls(2, (at % 12) + 1, (at % 12) + 2, (at % 12) + 3),
    );
    const outcomes = await Promise.allSettled(
      wishes.map((seats, at) => holdPlaces(deps, wishOf(at, seats))),
    );
    const held = outcomes.flatMap((outcome) =>
      outcome.status === "fulfilled" ? outcome.value.places.seats : [],
    );
    expect(new Set(held).size).to.equal(held.length);
    const leased = await house.redis.hgetall(seatsKey(house.event));
    const row = Object.keys(leased).filter((seat) =>
      stalls(2, ...Array.from({ length: 14 }, (_, i) => i + 1)).includes(Number(seat)),
    );
    expect(row.map(Number).sort()).to.deep.equal([...held].sort());
  });

  it("would give the seat to many without the script (so this test can fail)", async () => {
    const field = String(stalls(3, 1)[0]);
    const lookThenTake = async (at: number) => {
      if ((await house.redis.hget(seatsKey(house.event), field)) !== null) return false;
      await house.redis.hset(seatsKey(house.event), field, `${Number.MAX_SAFE_INTEGER} ${fan(at)}`);
      return true;
    };
    const outcomes = await Promise.all(Array.from({ length: FANS }, (_, at) => lookThenTake(at)));
    expect(outcomes.filter(Boolean).length).to.be.greaterThan(1);
  });

  it("would give halves of wishes seat by seat (so this test can fail)", async () => {
    const leaseOneByOne = async (at: number) => {
      const seats = stalls(4, (at % 12) + 1, (at % 12) + 2, (at % 12) + 3);
      const got: number[] = [];
      for (const seat of seats) {
        got.push(await house.redis.hsetnx(seatsKey(house.event), String(seat), fan(at)));
      }
      return got.filter((each) => each === 1).length;
    };
    const leased = await Promise.all(Array.from({ length: FANS }, (_, at) => leaseOneByOne(at)));
    expect(leased.filter((count) => count === 1 || count === 2)).not.to.deep.equal([]);
  });
});
