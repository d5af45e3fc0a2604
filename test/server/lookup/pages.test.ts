// Pages of lists: all entries once, in order, whatever happens meanwhile, and no cursor but ours.
import { expect } from "chai";
import { writeCursor } from "#server/api/page.ts";
import { Problem } from "#server/api/problem.ts";
import type { Route } from "#server/api/route.ts";
import { ROUTES } from "#server/api/routes.ts";
import { type House, openHouse } from "../../support/house.ts";

const EVENTS = 7;

interface Page {
  events: { id: string }[];
  next: string;
}

describe("pages of events", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
    for (let id = 2; id <= EVENTS; id += 1) {
      // Several begin at the same moment: their ids decide.
      await house.db.query({
        text: `INSERT INTO sale.event (deployment, id, name, artist, venue, time_zone, doors_at,
                 starts_at, ends_at, currency, hold_ttl_ms, seats_per_hold, state)
               SELECT deployment, $1, name, artist, venue, time_zone, doors_at,
                 starts_at + ($1 / 3) * interval '1 hour', ends_at + interval '1 day', currency,
                 hold_ttl_ms, seats_per_hold, state FROM sale.event WHERE id = $2`,
        values: [100 + id, house.event.eventId],
      });
    }
  });
  after(() => house.close());

  async function page(query: string) {
    const response = await fetch(new URL(`/v1/events${query}`, house.url));
    return { response, body: (await response.json()) as Page };
  }

  it("hold every event once, in order, and lead on by a header as well", async () => {
    const whole = (await page("?limit=200")).body;
    expect(whole.next).to.equal(null);
    const all = whole.events.map(({ id }) => id);
    expect(all.length).to.equal(EVENTS);
    const found: string[] = [];
    let path: string | undefined = "?limit=2";
    for (let pages = 0; path !== undefined; pages += 1) {
      expect(pages).to.be.lessThan(EVENTS);
      const { response, body } = await page(path);
      expect(body.events.length).to.be.within(1, 2);
      found.push(...body.events.map(({ id }) => id));
      const link = /^<\/v1\/events(\?[^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "");
      expect(link === null).to.equal(body.next === null);
      if (body.next !== null)
        expect(new URLSearchParams(link?.[1]).get("cursor")).to.equal(body.next);
      path = link?.[1];
    }
    expect(found).to.deep.equal(all);
  });

  it("neither double nor skip when an event before the cursor goes away", async () => {
    const first = (await page("?limit=3")).body;
    await house.db.query({
      text: "UPDATE sale.event SET state = 'draft' WHERE id = 102",
    });
    const rest = (await page(`?limit=200&cursor=${first.next}`)).body;
    const seen = [...first.events, ...rest.events].map(({ id }) => id);
    expect(new Set(seen).size).to.equal(EVENTS);
  });

  it("refuse a cursor that is none, is another list's, or was changed", async () => {
    const { next } = (await page("?limit=1")).body;
    const wrong = [
      ...["x", "", "%00", `${next}x${next}`, next.slice(1), "W10", "bnVsbA", "a".repeat(201)],
      writeCursor("tickets", ["tkt_1_1"]),
      writeCursor("events", ["tomorrow", "evt_1_1"]),
      writeCursor("events", ["2026-11-21T19:30:00.000Z", "evt_1_1", "more"]),
      writeCursor("events", ["2026-11-21T19:30:00.000Z", "'; DROP TABLE sale.event; --"]),
    ];
    for (const cursor of wrong) {
      const { response, body } = await page(`?cursor=${cursor}`);
      expect(response.status, cursor).to.equal(400);
      expect(Problem.parse(body).errors?.[0]?.pointer).to.equal("/query/cursor");
    }
  });

  it("are bounded", async () => {
    for (const limit of ["0", "201", "-1", "1.5", "all", "1e9"]) {
      const { response, body } = await page(`?limit=${limit}`);
      expect(response.status, limit).to.equal(400);
      expect(Problem.parse(body).errors?.[0]?.pointer).to.equal("/query/limit");
    }
  });
});

describe("the table of routes", () => {
  /** So short that a page would never be full, with what keeps them so. */
  const SHORT: Record<string, string> = {
    listHolds: "the places that one person may have",
    listPasskeys: "PASSKEYS_PER_WALLET_MAX",
    listSessions: "SESSIONS_PER_WALLET_MAX",
    listRoles: "GRANTS_PER_SCOPE_MAX",
    listOperators: "GRANTS_PER_SCOPE_MAX",
    listWebhooks: "ENDPOINTS_PER_EVENT",
  };

  it("gives every list a limit, a cursor and the next one", () => {
    const lists = (Object.entries(ROUTES) as [string, Route][]).filter(([name]) =>
      name.startsWith("list"),
    );
    for (const [name, { query, response }] of lists) {
      if (name in SHORT) continue;
      const taken = Object.keys((query as unknown as { shape: object }).shape);
      expect(taken, name).to.include.members(["limit", "cursor"]);
      const given = Object.keys((response as unknown as { shape: object }).shape);
      expect(given, name).to.include("next");
    }
  });
});
