// Puts an event's claims back into Redis, where holds look first, after a start or a wipe.
import { join } from "node:path";
import { Fault } from "../domain/failure.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import { randomId } from "../platform/random.ts";
import type { RedisClient } from "../platform/redis.ts";
import { expireKeys } from "./expire-keys.ts";
import { areasKey, seatLogKey, seatsKey } from "./keys.ts";
import { formatMs } from "./places.ts";

const script = loadScript(join(import.meta.dirname, "load.lua"));

/**
 * Lua's unpack and Redis' argument list both take far more; small parts keep Redis answering
 * others.
 */
const CLAIMS_PER_CALL = 2_000;
const EVENTS_MAX = 1_000;
const TRIES_MAX = 5;
/** Sold: a time that never comes, exact as a Lua number. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER;

type Deps = { db: Sql; redis: RedisClient };

/** Of each connection, what is being loaded over it: as many events as are on sale. */
const loading = new WeakMap<RedisClient, Map<string, Promise<number>>>();

/**
 * Safe at any time; answers how many claims were not shown. All who ask at once share one reading:
 * after a wipe that is everybody, and the claims of a sold house are many. A claim that is made
 * meanwhile is shown by whoever makes it.
 */
export function loadClaims(deps: Deps, event: EventRef): Promise<number> {
  const ofEvents = loading.get(deps.redis) ?? new Map<string, Promise<number>>();
  loading.set(deps.redis, ofEvents);
  const key = formatEventId(event);
  const begun = ofEvents.get(key) ?? load(deps, event).finally(() => ofEvents.delete(key));
  ofEvents.set(key, begun);
  return begun;
}

async function load(deps: Deps, event: EventRef): Promise<number> {
  const { db, redis } = deps;
  for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
    const shown = await show(redis, event, toShow(await liveClaims(db, event)));
    if (shown === undefined) continue;
    await expireKeys({ db, redis }, event);
    return shown;
  }
  throw new Fault("server/unavailable", "Redis was wiped again and again while it was filled.");
}

/** Undefined when Redis was wiped in between: half of the claims must not open the event. */
async function show(
  redis: RedisClient,
  event: EventRef,
  claims: readonly ShownClaim[],
): Promise<number | undefined> {
  let start = 0;
  let shown = 0;
  let name: string = randomId("load");
  do {
    const part = claims.slice(start, start + CLAIMS_PER_CALL);
    const isFirst = start === 0;
    start += CLAIMS_PER_CALL;
    const isLast = start >= claims.length;
    const which = isFirst ? (isLast ? "only" : "first") : isLast ? "last" : "more";
    const args = part.flatMap((c) => [c.place, `${formatMs(c.expiresMs)} ${c.orderId}`]);
    const [more, joined = name] = await runScript<[more: number, name?: string]>(redis, script, {
      keys: [seatsKey(event), areasKey(event), seatLogKey(event)],
      args: [which, name, ...args],
    });
    if (more < 0) return undefined;
    shown += more;
    name = joined;
  } while (start < claims.length);
  return shown;
}

/** Events that can still be sold: theirs are the seats that must not be offered twice. */
export async function loadAllClaims({ db, redis }: Deps): Promise<void> {
  const { rows } = await db.query<{ deployment: number; id: number }>({
    text: `SELECT deployment, id FROM sale.event
           WHERE state = 'published' AND starts_at > now() ORDER BY starts_at LIMIT $1`,
    values: [EVENTS_MAX],
  });
  for (const { deployment, id } of rows)
    await loadClaims({ db, redis }, { deployment, eventId: id });
}

export interface LiveClaim {
  seat: number;
  /** Set for a place of a general admission area. */
  area: number | null;
  orderId: string;
  expiresMs: number;
}

export async function liveClaims(db: Sql, event: EventRef): Promise<LiveClaim[]> {
  const { rows } = await db.query<{
    seat: bigint;
    area: number | null;
    order_id: string;
    expires_ms: bigint;
  }>({
    name: "live-claims",
    text: `SELECT c.seat, a.section AS area, c.order_id,
                  CASE WHEN c.expires_at = 'infinity' THEN ${NEVER_MS}
                       ELSE floor(extract(epoch FROM c.expires_at) * 1000) END::bigint AS expires_ms
           FROM sale.claim c
           LEFT JOIN sale.area a ON a.deployment = c.deployment AND a.event_id = c.event_id
                                AND a.section = c.seat >> 24
           WHERE c.deployment = $1 AND c.event_id = $2 AND c.expires_at > now()`,
    values: [event.deployment, event.eventId],
  });
  return rows.map((row) => ({
    seat: Number(row.seat),
    area: row.area,
    orderId: row.order_id,
    expiresMs: Number(row.expires_ms),
  }));
}

interface ShownClaim {
  place: string;
  expiresMs: number;
  orderId: string;
}

/** Seats one by one; places of an area as one number for each order. */
function toShow(claims: readonly LiveClaim[]): ShownClaim[] {
  const ofArea = new Map<string, { claim: LiveClaim; places: number }>();
  const seats = claims.filter((claim) => {
    if (claim.area === null) return true;
    const key = `${claim.area} ${claim.orderId}`;
    ofArea.set(key, { claim, places: (ofArea.get(key)?.places ?? 0) + 1 });
    return false;
  });
  return [
    ...seats.map((claim) => ({ ...claim, place: String(claim.seat) })),
    ...[...ofArea.values()].map(({ claim, places }) => ({
      ...claim,
      place: `${claim.area} ${places}`,
    })),
  ];
}
