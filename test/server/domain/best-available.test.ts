// Seats together: properties over random houses, compared with a search that tries everything.
import { expect } from "chai";
import fc from "fast-check";
import {
  findGroups,
  findRuns,
  layOut,
  type Place,
  type Run,
  type Wish,
} from "#server/domain/best-available.ts";
import { packSeat } from "#server/domain/ticket-id.ts";

const RUNS_MAX = 8;

interface Drawn {
  places: Place[];
  taken: Set<number>;
}

/** Rows with aisles, categories, places for wheelchairs and seats that are not on sale. */
const houses: fc.Arbitrary<Drawn> = fc
  .array(
    fc.array(
      fc.record({
        gap: fc.integer({ min: 0, max: 9 }),
        category: fc.constantFrom(1, 1, 1, 2),
        access: fc.constantFrom(0, 0, 0, 0, 0, 1, 2, 2),
        class: fc.constantFrom(0, 0, 0, 0, 2),
        rank: fc.integer({ min: 1, max: 500 }),
        isTaken: fc.boolean(),
      }),
      { minLength: 1, maxLength: 14 },
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((rows) => {
    const taken = new Set<number>();
    const places = rows.flatMap((row, at) => {
      let number = 0;
      return row.map((drawn) => {
        number += drawn.gap === 0 ? 2 : 1;
        const seat = packSeat({ section: 1, row: at + 1, seat: number });
        if (drawn.isTaken) taken.add(seat);
        const price = BigInt(drawn.category * 1_000);
        return { ...drawn, seat, price, x: number, y: at };
      });
    });
    return { places, taken };
  });

interface DrawnWish {
  places: number;
  wheelchairs: number;
  category: number | undefined;
}

const wishes: fc.Arbitrary<DrawnWish> = fc.record({
  places: fc.integer({ min: 1, max: 6 }),
  wheelchairs: fc.constantFrom(0, 0, 0, 1, 2),
  category: fc.constantFrom(undefined, 1, 2),
});

const wishOf = ({ places, wheelchairs, category }: DrawnWish): Wish => ({
  places,
  wheelchairs,
  suits: (place) => category === undefined || place.category === category,
  isOnSale: (place) => place.class === 0,
});

function search({ places, taken }: Drawn, wish: DrawnWish, runsMax = RUNS_MAX): Run[] {
  const house = layOut(places);
  const isTaken = (at: number) => taken.has([...house.ordinals.keys()][at] ?? -1);
  return findRuns(house, wishOf(wish), { isTaken, runsMax });
}

/** Every run that could be given, found by trying each seat as the first. */
function everyRun({ places, taken }: Drawn, wish: DrawnWish) {
  const bySeat = new Map(places.map((place) => [place.seat, place]));
  const open = (seat: number) => {
    const place = bySeat.get(seat);
    if (place === undefined || taken.has(seat) || place.class !== 0) return undefined;
    return wish.wheelchairs > 0 || place.access === 0 ? place : undefined;
  };
  return places.flatMap(({ seat }) => {
    const run = Array.from({ length: wish.places }, (_, at) => open(seat + at));
    if (!run.every((place) => place !== undefined)) return [];
    if (new Set(run.map(({ category }) => category)).size > 1) return [];
    if (wish.category !== undefined && run[0]?.category !== wish.category) return [];
    if (run.filter(({ access }) => access === 1).length !== wish.wheelchairs) return [];
    const lone = (at: number, away: number) =>
      Number(open(at) !== undefined && open(at + away) === undefined);
    const companions = run.filter(({ access }) => access === 2).length;
    return [
      {
        seats: run.map((place) => place.seat),
        orphans: lone(seat - 1, -1) + lone(seat + wish.places, 1),
        strays: wish.wheelchairs === 0 ? 0 : wish.places - wish.wheelchairs - companions,
        cost: run.reduce((sum, { rank }) => sum + rank, 0),
      },
    ];
  });
}

const score = (run: { strays: number; orphans: number; cost: number }) =>
  run.strays * 1e9 + run.orphans * 1e6 + run.cost;

describe("the best seats that are left", () => {
  it("are found exactly when there are any, and are the best of them", () => {
    fc.assert(
      fc.property(houses, wishes, (house, wish) => {
        const all = everyRun(house, wish);
        const [best] = search(house, wish);
        if (best === undefined) expect(all).to.have.lengthOf(0);
        else expect(score(best)).to.equal(Math.min(...all.map(score)));
      }),
    );
  });

  it("leave no lone seat while another choice leaves none", () => {
    fc.assert(
      fc.property(houses, wishes, (house, wish) => {
        const ordinary = { ...wish, wheelchairs: 0 };
        const clean = everyRun(house, ordinary).some(({ orphans }) => orphans === 0);
        const [best] = search(house, ordinary);
        fc.pre(best !== undefined && clean);
        expect(best?.orphans).to.equal(0);
      }),
    );
  });

  it("are free, on sale, next to each other and of one category, in every choice", () => {
    fc.assert(
      fc.property(houses, wishes, (house, wish) => {
        const allowed = everyRun(house, wish).map(({ seats }) => seats.join());
        for (const { seats } of search(house, wish)) expect(allowed).to.include(seats.join());
      }),
    );
  });

  it("are no places for wheelchairs and their companions unless asked for", () => {
    fc.assert(
      fc.property(houses, wishes, (house, wish) => {
        const kinds = new Map(house.places.map(({ seat, access }) => [seat, access]));
        for (const { seats } of search(house, wish)) {
          const found = seats.map((seat) => kinds.get(seat));
          expect(found.filter((kind) => kind === 1)).to.have.lengthOf(wish.wheelchairs);
          if (wish.wheelchairs === 0) expect(found).not.to.include(2);
        }
      }),
    );
  });

  it("do not overlap, best first, and no more than asked for", () => {
    fc.assert(
      fc.property(houses, wishes, fc.integer({ min: 1, max: 5 }), (house, wish, runsMax) => {
        const runs = search(house, wish, runsMax);
        const seats = runs.flatMap((run) => run.seats);
        expect(new Set(seats).size).to.equal(seats.length);
        expect(runs.length).to.be.at.most(runsMax);
        expect(runs.map(score)).to.deep.equal(runs.map(score).sort((a, b) => a - b));
      }),
    );
  });

  it("are split into groups when there are enough, and only then", () => {
    fc.assert(
      fc.property(houses, wishes, (drawn, wish) => {
        const house = layOut(drawn.places);
        const seats = [...house.ordinals.keys()];
        const asked = { ...wish, wheelchairs: 0 };
        const isTaken = (at: number) => drawn.taken.has(seats[at] ?? -1);
        const groups = findGroups(house, wishOf(asked), isTaken);
        const single = everyRun(drawn, { ...asked, places: 1 });
        expect(groups === undefined).to.equal(single.length < wish.places);
        const given = (groups ?? []).flatMap((group) => group.seats);
        expect(new Set(given).size).to.equal(groups === undefined ? 0 : wish.places);
        expect(single.flatMap((run) => run.seats)).to.include.members(given);
      }),
    );
  });

  it("sit a wheelchair user beside companion seats rather than ordinary ones", () => {
    const row = (access: number[], at: number) =>
      access.map((kind, seat) => ({
        ...{
          category: 1,
          class: 0,
          access: kind,
          price: 1n,
          rank: at * 100 + seat,
          x: seat,
          y: at,
        },
        seat: packSeat({ section: 1, row: at, seat: seat + 1 }),
      }));
    const places = [...row([0, 1, 0, 0], 1), ...row([0, 1, 2, 2], 2)];
    const [best] = search({ places, taken: new Set() }, { ...three, wheelchairs: 1 });
    expect(best?.seats).to.deep.equal(
      [2, 3, 4].map((seat) => packSeat({ section: 1, row: 2, seat })),
    );
  });

  const three = { places: 3, wheelchairs: 0, category: undefined };
});
