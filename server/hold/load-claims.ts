// Puts an event's claims back into Redis, where holds look first, after a start or a wipe.
import { join } from "node:path";
import type { EventRef } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import type { RedisClient } from "../platform/redis.ts";
import { seatsKey } from "./keys.ts";

const script = loadScript(join(import.meta.dirname, "load.lua"));

/**
 * Lua's unpack and Redis' argument list both take far more; small parts keep Redis answering
 * others.
 */
const CLAIMS_PER_CALL = 2_000;
const EVENTS_MAX = 1_000;
/** Sold: a time that never comes, exact as a Lua number. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER;

/** Safe at any time; answers how many claims were not shown. */
export async function loadClaims(
  { db, redis }: { db: Sql; redis: RedisClient },
  event: EventRef,
): Promise<number> {
  const claims = await liveClaims(db, event);
  let start = 0;
  let shown = 0;
  do {
    const part = claims.slice(start, start + CLAIMS_PER_CALL);
    start += CLAIMS_PER_CALL;
    const args = part.flatMap((c) => [c.seat, `${c.expiresMs} ${c.orderId}`]);
    const last = start >= claims.length ? "1" : "0";
    shown += await runScript<number>(redis, script, {
      keys: [seatsKey(event)],
      args: [last, ...args],
    });
  } while (start < claims.length);
  return shown;
}

/** Events that can still be sold: theirs are the seats that must not be offered twice. */
export async function loadAllClaims({ db, redis }: { db: Sql; redis: RedisClient }): Promise<void> {
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
  orderId: string;
  expiresMs: number;
}

export async function liveClaims(db: Sql, event: EventRef): Promise<LiveClaim[]> {
  const { rows } = await db.query<{ seat: bigint; order_id: string; expires_ms: bigint }>({
    name: "live-claims",
    text: `SELECT seat, order_id,
                  CASE WHEN expires_at = 'infinity' THEN ${NEVER_MS}
                       ELSE floor(extract(epoch FROM expires_at) * 1000) END::bigint AS expires_ms
           FROM sale.claim
           WHERE deployment = $1 AND event_id = $2 AND expires_at > now()`,
    values: [event.deployment, event.eventId],
  });
  return rows.map((row) => ({
    seat: Number(row.seat),
    orderId: row.order_id,
    expiresMs: Number(row.expires_ms),
  }));
}
