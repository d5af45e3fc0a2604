// Plans: what is refused with its place, how seats are numbered and ranked, and the one spelling.
import { expect } from "chai";
import fc from "fast-check";
import { canonicalPlan, planHashOf } from "#server/domain/seating-plan/canonical.ts";
import {
  findPlanProblems,
  NUMBER_MAX,
  PROBLEMS_LISTED_MAX,
} from "#server/domain/seating-plan/find-problems.ts";
import { numberRow, usualPitch } from "#server/domain/seating-plan/number-row.ts";
import { placeSeats } from "#server/domain/seating-plan/place-seats.ts";
import type { PlanFile } from "#server/domain/seating-plan/plan-file.ts";
import { unpackSeat } from "#server/domain/ticket-id.ts";
import { makePlan } from "../../support/plan.ts";

describe("the check of a plan", () => {
  const plan = () => makePlan({ zones: 2, rows: 3, seats: 4 });
  type Draft = ReturnType<typeof makePlan>;

  it("finds nothing wrong with a plan that is right", () => {
    expect(findPlanProblems(plan())).to.deep.equal({ problems: [], count: 0 });
  });

  const broken: [name: string, code: string, breaks: (plan: Draft) => void, seat?: string][] = [
    ["a guid twice", "guid-twice", (p) => (seat(p, 1).seat_guid = seat(p, 0).seat_guid), "2"],
    ["a category that is not there", "category-unknown", (p) => (seat(p, 1).category = "No"), "2"],
    ["a seat number twice in a row", "seat-twice", (p) => (seat(p, 1).seat_number = "1"), "1"],
    ["a seat without a number", "name-missing", (p) => (seat(p, 1).seat_number = " "), " "],
    ["a seat without a guid", "name-missing", (p) => (seat(p, 1).seat_guid = ""), "2"],
    ["a name that is not text", "name-unreadable", (p) => (seat(p, 1).seat_number = "\0"), "\0"],
  ];
  for (const [name, code, breaks, number] of broken) {
    it(`names zone, row and seat of ${name}`, () => {
      const draft = plan();
      breaks(draft);
      const { problems, count } = findPlanProblems(draft);
      expect(count).to.equal(problems.length);
      const [first] = problems;
      expect(first).to.include({ code, zone: "Block 2", row: "C", seat: number });
    });
  }

  it("names a row and a zone without a name, and a category that is there twice", () => {
    const draft = plan();
    Object.assign(draft.zones[0]!, { name: "", zone_id: "" });
    draft.zones[1]!.rows[0]!.row_number = "";
    draft.categories.push({ ...draft.categories[0]! });
    const codes = findPlanProblems(draft).problems.map(({ code, zone, row }) => [code, zone, row]);
    expect(codes).to.deep.equal([
      ["category-twice", undefined, undefined],
      ["name-missing", "number 1", undefined],
      ["name-missing", "Block 2", "number 1"],
    ]);
  });

  it("lets the halves of a row share its name as long as their seats differ", () => {
    const draft = plan();
    draft.zones[0]!.rows[1]!.row_number = "A";
    expect(findPlanProblems(draft).problems.map(({ code }) => code)).to.include("seat-twice");
    for (const [at, one] of draft.zones[0]!.rows[1]!.seats.entries()) one.seat_number = `1${at}`;
    expect(findPlanProblems(draft).count).to.equal(0);
  });

  it("lists the first problems and counts the rest", () => {
    const draft = makePlan({ zones: 1, rows: 10, seats: 30 });
    for (const row of draft.zones[0]!.rows) for (const one of row.seats) one.category = "No";
    const { problems, count } = findPlanProblems(draft);
    expect(problems).to.have.lengthOf(PROBLEMS_LISTED_MAX);
    expect(count).to.equal(300);
  });

  it("refuses more rows than a ticket's id can number, and rows longer with their aisles", () => {
    const rows = makePlan({ zones: 1, rows: NUMBER_MAX + 1, seats: 1 });
    expect(findPlanProblems(rows).problems[0]).to.include({
      code: "rows-too-many",
      zone: "Block 1",
    });
    const long = makePlan({ zones: 1, rows: 1, seats: NUMBER_MAX });
    expect(placeSeats(long).count).to.equal(0);
    for (const one of long.zones[0]!.rows[0]!.seats.slice(1_000)) one.position.x += 100;
    expect(placeSeats(long).problems[0]).to.include({ code: "seats-too-many", row: "A" });
  });
});

describe("the numbers of a row's seats", () => {
  const at = (...xs: number[]) => xs.map((x) => ({ x, y: 0 }));

  it("are consecutive for neighbours and skip one at an aisle", () => {
    expect(numberRow(at(0, 20, 40, 85, 105, 125), 20)).to.deep.equal([1, 2, 3, 5, 6, 7]);
  });

  it("skip one where a seat was left out, and none where a place is wider", () => {
    expect(numberRow(at(0, 20, 60, 80, 100), 20)).to.deep.equal([1, 2, 4, 5, 6]);
    expect(numberRow(at(0, 20, 48, 68, 88), 20)).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it("follow how people sit where the file lists odd numbers before even ones", () => {
    expect(numberRow(at(40, 20, 0, 60, 80, 100), 20)).to.deep.equal([3, 2, 1, 4, 5, 6]);
  });

  it("ask the zone's other rows about a row that is too short to tell", () => {
    const rows = [at(0, 20, 40, 60, 80), at(0, 60)];
    expect(numberRow(rows[1]!, usualPitch(rows))).to.deep.equal([1, 3]);
  });

  it("follow an arc", () => {
    const arc = Array.from({ length: 9 }, (_, seat) => {
      const angle = (seat - 4) * 0.2;
      return { x: 300 * Math.sin(angle), y: 300 * Math.cos(angle) };
    });
    expect(numberRow(arc, 60)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("are found again in any row of blocks and aisles, in whatever direction it runs", () => {
    const blocks = fc.array(fc.integer({ min: 2, max: 12 }), { minLength: 1, maxLength: 5 });
    const angle = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
    fc.assert(
      fc.property(
        blocks,
        angle,
        fc.double({ min: 1.7, max: 6, noNaN: true }),
        (sizes, turn, aisle) => {
          // The lower half of the gaps must be pitches, as in any row that people can sit in.
          fc.pre(sizes.reduce((sum, size) => sum + size, 0) >= 3 * sizes.length);
          const expected: number[] = [];
          const seats: { x: number; y: number }[] = [];
          let along = 0;
          let number = 0;
          for (const size of sizes) {
            for (let one = 0; one < size; one += 1) {
              number += 1;
              expected.push(number);
              seats.push({ x: along * Math.cos(turn), y: along * Math.sin(turn) });
              along += 20;
            }
            number += 1;
            along += 20 * (aisle - 1);
          }
          expect(numberRow(seats, 20)).to.deep.equal(expected);
        },
      ),
    );
  });
});

describe("the seats of a plan", () => {
  it("have keys of their own, numbered by section and row from 1", () => {
    const { seats } = placeSeats(makePlan({ zones: 3, rows: 4, seats: 5 }));
    expect(new Set(seats.map(({ key }) => key)).size).to.equal(60);
    expect(unpackSeat(seats[0]!.key)).to.deep.equal({ section: 1, row: 1, seat: 1 });
    expect(unpackSeat(seats.at(-1)!.key)).to.deep.equal({ section: 3, row: 4, seat: 5 });
  });

  it("are ranked by category, and by distance to the stage within one", () => {
    const plan = makePlan({ zones: 1, rows: 4, seats: 5 });
    const top = placeSeats(plan).seats.toSorted((a, b) => a.rank - b.rank);
    expect(top[0]).to.include({ row: "A", number: "3", rank: 1 });
    // The same hall with its stage at the other end.
    plan.zones[0]!.areas = [
      {
        shape: "text",
        position: { x: 40, y: 1_000 },
        text: { text: "Main STAGE", position: { x: 0, y: 0 } },
      },
    ];
    const turned = placeSeats(plan).seats.toSorted((a, b) => a.rank - b.rank);
    expect(turned[0]).to.include({ row: "D", number: "3" });
    plan.zones[0]!.rows[0]!.seats[0]!.category = "Second";
    plan.categories.push({ name: "Second", color: "#000000" });
    expect(placeSeats(plan).seats.find(({ category }) => category === "Second")?.rank).to.equal(20);
  });
});

describe("the one spelling of a plan", () => {
  it("does not depend on the order of keys, and keeps what we do not read", () => {
    const plan = makePlan({ zones: 1, rows: 1, seats: 2 });
    const turned = JSON.parse(JSON.stringify(plan), (_key, value: unknown) =>
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    ) as PlanFile;
    expect(canonicalPlan(turned)).to.equal(canonicalPlan(plan));
    expect(canonicalPlan({ ...plan, note: { b: 1.5, a: [] } })).to.include(
      '"note":{"a":[],"b":1.5}',
    );
    expect(planHashOf(canonicalPlan(turned))).to.match(/^0x[0-9a-f]{64}$/);
  });

  it("is its own spelling, whatever JSON it is made of", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const once = canonicalPlan(value);
        expect(canonicalPlan(JSON.parse(once))).to.equal(once);
        expect(JSON.parse(once)).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

function seat(plan: ReturnType<typeof makePlan>, at: number) {
  return plan.zones[1]!.rows[2]!.seats[at]!;
}
