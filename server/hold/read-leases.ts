// Every seat of an event that is held or sold, as Redis has it.
import type { EventRef } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { onRedis, type RedisClient } from "../platform/redis.ts";
import { LOADED_FIELD, seatsKey } from "./keys.ts";
import { type LiveClaim, loadClaims } from "./load-claims.ts";

/** Those that ended are among them until somebody else takes the seat. */
export async function readLeases(
  deps: { redis: RedisClient; db: Sql },
  event: EventRef,
): Promise<LiveClaim[]> {
  let fields = await onRedis(() => deps.redis.hgetall(seatsKey(event)));
  if (fields[LOADED_FIELD] === undefined) {
    await loadClaims(deps, event);
    fields = await onRedis(() => deps.redis.hgetall(seatsKey(event)));
  }
  return Object.entries(fields)
    .filter(([seat]) => !seat.startsWith("#"))
    .map(([seat, value]) => {
      const [expiresMs, orderId = ""] = value.split(" ");
      return { seat: Number(seat), area: null, orderId, expiresMs: Number(expiresMs) };
    });
}
