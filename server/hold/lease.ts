// Leases places in Redis: one atomic step, the first of some wishes that is free, or nothing.
import { join } from "node:path";
import { Bug, Refusal } from "../domain/failure.ts";
import type { EventRef, SeatKey } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import { loadScript } from "../platform/lua.ts";
import { gathersOf } from "../platform/lua-gather.ts";
import { randomId } from "../platform/random.ts";
import type { RedisClient } from "../platform/redis.ts";
import { holdKeys } from "./keys.ts";
import { loadClaims } from "./load-claims.ts";
import { type AreaPlaces, type Places, parseAreas, parseSeats } from "./places.ts";
import { type Phase, type ReadSale, type Sale, UNLIMITED } from "./sale.ts";
import { LOG_ENTRIES_MAX } from "./seat-log.ts";

const gathers = gathersOf(loadScript(join(import.meta.dirname, "hold.lua")));

export interface HoldDeps {
  db: Sql;
  redis: RedisClient;
  clock: Clock;
  readSale: ReadSale;
}

interface Wishes {
  /** All of one length, best first; one empty wish for areas alone. */
  wishes: [SeatKey[], ...SeatKey[][]];
  areas: AreaPlaces[];
}

export interface Lease {
  id: string;
  places: Places;
  expiresAt: Date;
  extended: boolean;
}

export type LeaseOutcome = { lease: Lease } | { taken: SeatKey[] };

/** What hold.lua answers first, when the places are not held by this call. */
const HELD_BEFORE = 2;
const HELD_BY_KEY = 3;
const TAKEN = -1;
const OVER_LIMIT = -2;
const NOT_LOADED = -3;
const AREA_FULL = -4;

type Other = [code: number, ...rest: (string | number)[]];
/** A text when the places are held: when they end and, where it is not the first, which wish. */
type Answer = string | Other;
const HELD = /^\d{16}( \d+)?$/;

export async function leasePlaces(
  deps: HoldDeps,
  wish: {
    /** Made of the caller's key; left out, a random one. */
    id?: string | undefined;
    event: EventRef;
    owner: `0x${string}`;
    sale: Sale;
    phase: Phase;
  } & Wishes,
): Promise<LeaseOutcome> {
  const { id = randomId("hld"), event, owner, wishes, areas } = wish;
  const call = { keys: holdKeys(event, owner), args: leaseArgs(id, wish) };
  const lease = () => gathers(deps.redis)<Answer>(call);
  let answer = await lease();
  if (typeof answer !== "string" && answer[0] === NOT_LOADED) {
    await loadClaims(deps, event);
    answer = await lease();
  }
  if (typeof answer !== "string") return outcomeOf(answer, { id, wishes, areas });
  if (!HELD.test(answer)) throw new Bug(`hold.lua answered ${answer}`);
  const [expiresMs, wishFromOne = 1] = answer.split(" ").map(Number);
  const seats = wishes[wishFromOne - 1] ?? [];
  const expiresAt = new Date(Number(expiresMs));
  return { lease: { id, places: { seats, areas }, expiresAt, extended: false } };
}

function outcomeOf(
  [code, ...rest]: Other,
  { id, wishes, areas }: { id: string } & Wishes,
): LeaseOutcome {
  if (code === TAKEN) return { taken: rest.map(Number) };
  if (code === HELD_BY_KEY) return { lease: leaseOfKey(id, rest) };
  if (code !== HELD_BEFORE) throw refusalOf(code, rest);
  const [expiresMs, before] = rest;
  const expiresAt = new Date(Number(expiresMs));
  // It keeps its time, which is all that matters here: `extended` is not read from it.
  const seats = wishes.at(-1) ?? [];
  return {
    lease: { id: String(before), places: { seats, areas }, expiresAt, extended: false },
  };
}

/** The request came before, and its hold lives: it may be extended by now. */
function leaseOfKey(id: string, rest: (string | number)[]): Lease {
  const [expiresMs, held = "", extended, seats = "-", areas = "-"] = rest.map(String);
  if (held !== id) {
    throw new Refusal("request/key-reused", "This key was used for another hold.");
  }
  return {
    id,
    places: { seats: parseSeats(seats), areas: parseAreas(areas) },
    expiresAt: new Date(Number(expiresMs)),
    extended: extended === "1",
  };
}

function leaseArgs(
  id: string,
  { sale, phase, wishes, areas }: { sale: Sale; phase: Phase } & Wishes,
): (string | number)[] {
  const [seats] = wishes;
  const wanted = areas.map(({ area, places }) => {
    const capacity = sale.areas.get(area)?.capacity ?? 0;
    return `${area}x${places}x${capacity}`;
  });
  const { limitPerPerson: limit } = phase;
  return [
    ...[id, sale.holdTtlMs, sale.unpaidPerPerson, limit === UNLIMITED ? "-" : limit],
    ...[LOG_ENTRIES_MAX, seats.length, wanted.join(",") || "-"],
    ...wishes.flat(),
  ];
}

function refusalOf(code: number, rest: (string | number)[]): Error {
  if (code === OVER_LIMIT) {
    const [held, limit] = rest.map(Number);
    const detail = `One person may have ${limit} places here.`;
    return new Refusal("hold/limit-reached", detail, { limit, held });
  }
  if (code === AREA_FULL) {
    const [area, left] = rest.map(Number);
    return new Refusal("hold/area-full", `The area has ${left} places left.`, { area, left });
  }
  return new Bug(`hold.lua answered ${code}`);
}
