// Which seats of an event are held or sold now.
import type { z } from "zod";
import type { SeatStatesResponse } from "../api/event.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Log } from "../platform/log.ts";
import type { HoldDeps } from "./lease.ts";
import { type LiveClaim, liveClaims, NEVER_MS } from "./load-claims.ts";
import { readLeases } from "./read-leases.ts";

type SeatStates = z.output<typeof SeatStatesResponse>;
export type ReadSeatStates = (event: EventRef) => Promise<SeatStates>;

/** Everybody who looks at a map within this time gets the same answer. */
const CACHE_TTL_MS = 500;

export function createSeatStateReader(deps: HoldDeps & { log: Log }): ReadSeatStates {
  const cache = new Map<string, { states: Promise<SeatStates>; readAtMs: number }>();
  return async (event) => {
    const sale = await deps.readSale(event);
    const key = formatEventId(event);
    const cached = cache.get(key);
    const readAtMs = deps.clock.monotonicMs();
    if (cached !== undefined && readAtMs - cached.readAtMs < CACHE_TTL_MS) return cached.states;
    const states = readSeatStates(deps, event, sale.nowMs());
    cache.set(key, { states, readAtMs });
    states.catch(() => cache.delete(key));
    return states;
  };
}

async function readSeatStates(
  deps: HoldDeps & { log: Log },
  event: EventRef,
  nowMs: number,
): Promise<SeatStates> {
  try {
    return sort(await readLeases(deps, event), nowMs);
  } catch (err) {
    deps.log.warn({ err, eventId: formatEventId(event) }, "seat states from claims alone");
    // Without Redis there are no new holds, so the claims of Postgres are the whole truth.
    return sort(await liveClaims(deps.db, event), nowMs);
  }
}

function sort(leases: readonly LiveClaim[], nowMs: number): SeatStates {
  const live = leases.filter(({ area, expiresMs }) => area === null && expiresMs > nowMs);
  return {
    held: live.filter(({ expiresMs }) => expiresMs !== NEVER_MS).map(({ seat }) => seat),
    sold: live.filter(({ expiresMs }) => expiresMs === NEVER_MS).map(({ seat }) => seat),
  };
}
