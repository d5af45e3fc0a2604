// The rules of events: what is fixed when, what stops publishing, shares, stock and the hash of places.
import { expect } from "chai";
import fc from "fast-check";
import { EVENT_STATES, whyFixed } from "#server/domain/event.ts";
import { type EventFacts, findEventProblems } from "#server/domain/event-problems.ts";
import { eventPlanHash } from "#server/domain/seating-plan/event-plan-hash.ts";
import { PAYEES_MAX, SHARES_SUM_BPS, splitProblem } from "#server/domain/split.ts";
import { CLASS_UNITS_MAX, CLASSES, capsOf } from "#server/domain/stock.ts";

const now = new Date("2026-06-01T12:00:00Z");
const has = { splits: true, resale: true, token: true, local: false };

const event: EventFacts & { lonelyCompanions: string[] } = {
  doorsAt: "2026-07-01T18:00:00Z",
  freezeAt: null,
  startsAt: "2026-07-01T20:00:00Z",
  royaltyBps: 1_000,
  currency: "EUR",
  categories: [{ name: "Stalls", price: "100", seats: 10, places: 0 }],
  phases: [
    {
      ...{ id: 1, startsAt: "2026-06-01T00:00:00Z", endsAt: "2026-07-01T20:00:00Z" },
      classes: ["public"],
    },
  ],
  payees: [{ address: "0x1", acceptedAt: "2026-05-01T00:00:00Z" }],
  stock: { public: 10, presale: 0, artist: 0, sponsor: 0, comp: 0 },
  lonelyCompanions: [],
};

function codesOf(change: Partial<typeof event>, installation = has): [string, boolean][] {
  const found = findEventProblems({ ...event, ...change }, { now, installation });
  return found.map(({ code, stops }) => [code, stops]);
}

describe("what stops an event from being published", () => {
  it("is nothing where nothing is missing", () => {
    expect(codesOf({})).to.deep.equal([]);
  });

  const cases: [code: string, stops: boolean, change: Partial<typeof event>][] = [
    ["doors-past", true, { doorsAt: now.toISOString() }],
    ["freeze-past", false, { freezeAt: now.toISOString() }],
    ["companion-alone", false, { lonelyCompanions: ["A1"] }],
    ["payee-waiting", true, { payees: [{ address: "0x1", acceptedAt: null }] }],
    ["split-missing", false, { payees: [] }],
    ["phase-missing", true, { phases: [] }],
    ["phase-missing", false, { stock: { ...event.stock, presale: 1 } }],
    ["stock-too-large", true, { stock: { ...event.stock, comp: CLASS_UNITS_MAX + 1 } }],
    ["price-missing", true, { categories: [{ name: "x", price: "0", seats: 0, places: 1 }] }],
  ];
  for (const [code, stops, change] of cases) {
    it(`is told as ${code}, which ${stops ? "stops it" : "is a warning"}`, () => {
      expect(codesOf(change)).to.deep.equal([[code, stops]]);
    });
  }

  it("does not ask a price of a category without places, or a split where there is no royalty", () => {
    const categories = [...event.categories, { name: "Unused", price: "0", seats: 0, places: 0 }];
    expect(codesOf({ categories, royaltyBps: 0, payees: [] })).to.deep.equal([]);
  });

  it("depends on what the installation has", () => {
    expect(codesOf({}, { ...has, splits: false })).to.deep.equal([
      ["splits-contract-missing", true],
    ]);
    expect(codesOf({}, { ...has, resale: false })).to.deep.equal([["market-missing", false]]);
    expect(codesOf({}, { ...has, token: false })).to.deep.equal([["currency-token-missing", true]]);
    expect(codesOf({}, { ...has, token: false, local: true })).to.deep.equal([
      ["currency-token-missing", false],
    ]);
  });
});

describe("what is fixed", () => {
  it("is nothing in a draft, terms of the chain afterwards, and times once a seat is sold", () => {
    for (const state of EVENT_STATES) {
      const draft = state === "draft";
      expect(whyFixed("doorsAt", { state, sold: false })).to.equal(draft ? undefined : "on-chain");
      expect(whyFixed("startsAt", { state, sold: false })).to.equal(undefined);
      expect(whyFixed("startsAt", { state, sold: true })).to.equal(draft ? undefined : "sold");
      expect(whyFixed("name", { state, sold: true })).to.equal(undefined);
    }
  });
});

describe("a split's shares", () => {
  const payees = (shares: number[]) =>
    shares.map((shareBps, at) => ({
      address: `0x${(at + 1).toString(16).padStart(40, "0")}` as const,
      shareBps,
    }));

  it("are right when they sum to all of it, however they are cut, and wrong by one of it", () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: SHARES_SUM_BPS - 1 }), {
      maxLength: PAYEES_MAX - 1,
    });
    fc.assert(
      fc.property(cuts, (at) => {
        const edges = [0, ...at.toSorted((a, b) => a - b), SHARES_SUM_BPS];
        const shares = edges.slice(1).map((edge, index) => edge - (edges[index] ?? 0));
        expect(splitProblem(payees(shares))).to.equal(undefined);
        const [first = 0, ...rest] = shares;
        expect(splitProblem(payees([first + 1, ...rest]))).to.be.a("string");
      }),
    );
  });

  it("are of up to 32 payees, each once, none of them nobody, none for nothing", () => {
    expect(splitProblem([])).to.equal(undefined);
    expect(splitProblem(payees(Array(PAYEES_MAX + 1).fill(1)))).to.include("up to 32");
    const [one] = payees([5_000]) as [ReturnType<typeof payees>[number]];
    expect(splitProblem([one, one])).to.include("twice");
    expect(splitProblem([{ ...one, address: `0x${"0".repeat(40)}` }])).to.include("nobody");
    expect(splitProblem(payees([10_000, 0]))).to.include("at least");
  });
});

describe("an event's places", () => {
  it("are counted once each (I11)", () => {
    const part = fc.record({
      class: fc.integer({ min: 0, max: CLASSES.length - 1 }),
      units: fc.nat(1_000),
    });
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const total = parts.reduce((sum, { units }) => sum + units, 0);
        expect(capsOf(parts).reduce((sum, units) => sum + units, 0)).to.equal(total);
      }),
    );
  });

  it("have the file's own hash, and one that names the areas where there are any", () => {
    const file = `0x${"ab".repeat(32)}` as const;
    const areas = [4_095, 4_094].map((section) => ({
      ...{ section, name: `Area ${section}`, category: "Floor", capacity: 10 },
    }));
    expect(eventPlanHash(null, [])).to.equal(null);
    expect(eventPlanHash(file, [])).to.equal(file);
    const hash = eventPlanHash(file, areas);
    expect(eventPlanHash(file, areas.toReversed())).to.equal(hash);
    const [first, second] = areas;
    for (const other of [[first!], [{ ...first!, capacity: 11 }, second!]]) {
      expect(eventPlanHash(file, other)).not.to.equal(hash);
    }
    expect(eventPlanHash(null, areas)).not.to.equal(hash);
  });
});
