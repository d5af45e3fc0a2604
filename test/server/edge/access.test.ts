// Every route × every kind of caller, cell by cell: who gets an answer, and who does not.
import { expect } from "chai";
import type { Hex } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import type { Route } from "#server/api/route.ts";
import { ROUTES, type RouteName } from "#server/api/routes.ts";
import { grantRole } from "#server/auth/grant-role.ts";
import type { EventRole } from "#server/domain/role.ts";
import { type EventRef, packSeat, parseEventId } from "#server/domain/ticket-id.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import {
  type Ask,
  addressOf,
  newToken,
  REQUESTS,
  type World,
} from "../../support/access-requests.ts";
import { ACCESS, CALLERS, type CallerKind, cellsOf } from "../../support/access-table.ts";
import { type House, openHouse } from "../../support/house.ts";

const SEATS_PER_ROW = 14;

describe("access", () => {
  let house: House;
  const keys = new Map<CallerKind, Hex>();
  let seatsUsed = 0;
  before(async () => {
    house = await openHouse({ collections: 2 });
    await nameEverybody();
  });
  after(() => house.close());

  async function nameEverybody(): Promise<void> {
    for (const kind of CALLERS) {
      if (kind === "anonymous") continue;
      const key = kind === "operator" ? operatorKey() : generatePrivateKey();
      keys.set(kind, key);
      const role = kind.replace("*", "") as EventRole;
      if (!["organiser", "box-office", "gate", "artist"].includes(role)) continue;
      const scopes = kind.endsWith("*") ? elsewhere() : [house.event];
      for (const scope of scopes) {
        const change = { scope, address: addressOf(key), role, actor: "test" };
        await house.db.transaction((sql) => grantRole(sql, { clock: systemClock }, change));
      }
    }
  }

  const operatorKey = () => anvilAccount(ANVIL_ROLES.admin).privateKey;

  /** The next event of this collection, and the event of the same number in another. */
  function elsewhere(): EventRef[] {
    const next = { ...house.event, eventId: house.event.eventId + 1 };
    const [, other = ""] = house.eventIds;
    expect(parseEventId(other).eventId).to.equal(house.event.eventId);
    return [next, parseEventId(other)];
  }

  function nextSeat(): number {
    seatsUsed += 1;
    const row = 1 + Math.floor(seatsUsed / SEATS_PER_ROW);
    return packSeat({ section: 1, row, seat: 1 + (seatsUsed % SEATS_PER_ROW) });
  }

  /** The caller with a session of its own, and what it will ask for: always the owner's. */
  async function prepare(name: RouteName, kind: CallerKind) {
    // A new owner for each cell: what an event allows one person must not run out.
    const ownerKey = generatePrivateKey();
    const callerKey = kind === "owner" ? ownerKey : keys.get(kind);
    const ownerCookie = `sd_session=${await newToken(house, addressOf(ownerKey))}`;
    const cookie =
      kind === "owner"
        ? ownerCookie
        : callerKey === undefined
          ? ""
          : `sd_session=${await newToken(house, addressOf(callerKey))}`;
    const newAddress = () => addressOf(generatePrivateKey());
    const world: World = { house, ownerKey, ownerCookie, nextSeat, newAddress };
    return { ask: await REQUESTS[name](world), cookie };
  }

  async function send(name: RouteName, ask: Ask, headers: Record<string, string>) {
    const route: Route = ROUTES[name];
    const path = route.path.replace(/:(\w+)/g, (_, param: string) => ask.params?.[param] ?? "");
    const url = new URL(path, house.url);
    for (const [key, value] of Object.entries(ask.query ?? {})) url.searchParams.set(key, value);
    const response = await fetch(url, {
      method: route.method,
      headers: {
        ...headers,
        cookie: [headers.cookie, ask.cookie].filter(Boolean).join("; "),
        ...(ask.keyed === true ? { "idempotency-key": randomUuid() } : {}),
        ...(ask.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
    });
    // A stream of events goes on until somebody hangs up.
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (isStream === true) await response.body?.cancel();
    return { status: response.status, text: isStream === true ? "" : await response.text() };
  }

  it("has a row for every route, a cell for every caller, and a request for each", () => {
    const names = Object.keys(ROUTES).sort();
    expect(Object.keys(ACCESS).sort()).to.deep.equal(names);
    expect(Object.keys(REQUESTS).sort()).to.deep.equal(names);
    for (const [name, row] of Object.entries(ACCESS)) {
      expect(cellsOf(row), name).to.have.lengthOf(CALLERS.length);
    }
  });

  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const cells = cellsOf(ACCESS[name] ?? "");
    it(`of ${name}: ${[...new Set(cells)].sort().join(", ")}`, async () => {
      const found: Record<string, number> = {};
      const texts: string[] = [];
      for (const kind of CALLERS) {
        const { ask, cookie } = await prepare(name, kind);
        const { status, text } = await send(name, ask, { cookie });
        found[kind] = status;
        texts.push(`${kind}: ${status} ${text.slice(0, 200)}`);
      }
      const wanted = Object.fromEntries(CALLERS.map((kind, at) => [kind, cells[at]]));
      expect(found, texts.join("\n")).to.deep.equal(wanted);
    });
  }

  const writes = (Object.entries(ROUTES) as [RouteName, Route][]).filter(
    ([, { method }]) => method !== "GET",
  );
  for (const [name] of writes) {
    it(`of ${name} is not for pages of another site, whoever visits them`, async () => {
      const cells = cellsOf(ACCESS[name]);
      const kind = CALLERS[cells.findIndex((status) => status < 300)] ?? "owner";
      const foreign: Record<string, string>[] = [
        { origin: "https://evil.example" },
        { origin: "null" },
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
      ];
      const { ask, cookie } = await prepare(name, kind);
      for (const headers of foreign) {
        const { status, text } = await send(name, ask, { ...headers, cookie });
        expect(status, text).to.equal(403);
        expect(text).to.include("request/origin-refused");
      }
      // Nothing was done: the same request of a page of ours gets its answer.
      const ours = { origin: house.url, "sec-fetch-site": "same-origin", cookie };
      const { status, text } = await send(name, ask, ours);
      expect(status, text).to.equal(cells[CALLERS.indexOf(kind)]);
    });
  }

  it("by a role of an event is asked of routes that name an event, and only one", () => {
    for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
      if (route.access !== "staff") continue;
      // An order is of one event, which the edge looks up.
      const namesEvent = [route.params, route.body].filter((schema) => {
        const { shape = {} } = (schema ?? {}) as Shape;
        return "eventId" in shape || (schema === route.params && "orderId" in shape);
      });
      expect(namesEvent.length, name).to.be.lessThan(2);
      if (route.roles.every((role) => role === "operator")) continue;
      expect(namesEvent.length, name).to.equal(1);
    }
  });

  interface Shape {
    shape?: Record<string, unknown>;
  }
});
