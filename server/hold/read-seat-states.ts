// Which seats of an event are held or sold now.
import type { z } from "zod";
import type { SeatStatesResponse } from "../api/event.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { onRedis, type RedisClient } from "../platform/redis.ts";
import type { HoldDeps } from "./hold-seats.ts";
import { LOADED_FIELD, seatsKey } from "./keys.ts";
import { type LiveClaim, liveClaims, loadClaims, NEVER_MS } from "./load-claims.ts";

type SeatStates = z.output<typeof SeatStatesResponse>;
export type ReadSeatStates = (event: EventRef) => Promise<SeatStates>;

/** Everybody who looks at a map within this time gets the same answer. */
const CACHE_TTL_MS = 500;

export function createSeatStateReader(deps: HoldDeps & { log: Log }): ReadSeatStates {
  const cache = new Map<string, { states: Promise<SeatStates>; readAtMs: number }>();
  return async (event) => {
    await deps.readSale(event);
    const key = formatEventId(event);
    const cached = cache.get(key);
    const nowMs = deps.clock.monotonicMs();
    if (cached !== undefined && nowMs - cached.readAtMs < CACHE_TTL_MS) return cached.states;
    const states = readSeatStates(deps, event);
    cache.set(key, { states, readAtMs: nowMs });
    states.catch(() => cache.delete(key));
    return states;
  };
}

async function readSeatStates(deps: HoldDeps & { log: Log }, event: EventRef): Promise<SeatStates> {
  try {
    return sort(await readLeases(deps, event), deps.clock);
  } catch (err) {
    deps.log.warn({ err, eventId: formatEventId(event) }, "seat states from claims alone");
    // Without Redis there are no new holds, so the claims of Postgres are the whole truth.
    return sort(await liveClaims(deps.db, event), deps.clock);
  }
}

async function readLeases(
  deps: { redis: RedisClient } & HoldDeps,
  event: EventRef,
): Promise<LiveClaim[]> {
  let fields = await onRedis(() => deps.redis.hgetall(seatsKey(event)));
  if (fields[LOADED_FIELD] === undefined) {
    await loadClaims(deps, event);
    fields = await onRedis(() => deps.redis.hgetall(seatsKey(event)));
  }
  return Object.entries(fields)
    .filter(([seat]) => seat !== LOADED_FIELD)
    .map(([seat, value]) => {
      const [expiresMs, orderId = ""] = value.split(" ");
      return { seat: Number(seat), orderId, expiresMs: Number(expiresMs) };
    });
}

function sort(leases: readonly LiveClaim[], clock: Clock): SeatStates {
  const nowMs = clock.now().getTime();
  const live = leases.filter(({ expiresMs }) => expiresMs > nowMs);
  return {
    held: live.filter(({ expiresMs }) => expiresMs !== NEVER_MS).map(({ seat }) => seat),
    sold: live.filter(({ expiresMs }) => expiresMs === NEVER_MS).map(({ seat }) => seat),
  };
}
