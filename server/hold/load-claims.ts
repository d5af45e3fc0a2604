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
/** Sold: a time that never comes, exact as a Lua number. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER;

export async function loadClaims(
  { db, redis }: { db: Sql; redis: RedisClient },
  event: EventRef,
): Promise<number> {
  const claims = await liveClaims(db, event);
  let start = 0;
  do {
    const part = claims.slice(start, start + CLAIMS_PER_CALL);
    start += CLAIMS_PER_CALL;
    const args = part.flatMap((c) => [c.seat, `${c.expiresMs} ${c.orderId}`]);
    const last = start >= claims.length ? "1" : "0";
    await runScript<number>(redis, script, { keys: [seatsKey(event)], args: [last, ...args] });
  } while (start < claims.length);
  return claims.length;
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
