// Shows an order's seats in Redis as claimed, so that nobody is offered what Postgres would refuse.
import { join } from "node:path";
import type { EventRef, SeatKey } from "../domain/ticket-id.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import type { RedisClient } from "../platform/redis.ts";
import { holdKey, leasedKey, seatsKey } from "./keys.ts";
import { NEVER_MS } from "./load-claims.ts";

const script = loadScript(join(import.meta.dirname, "claim.lua"));

/**
 * Best effort on purpose: Redis only shows it, and a hold that slips past is refused by the claim.
 */
export async function showClaim(
  { redis }: { redis: RedisClient },
  claim: {
    event: EventRef;
    orderId: string;
    owner: string;
    holdId: string | undefined;
    seats: readonly SeatKey[];
    expiresAt: Date | "sold";
  },
): Promise<void> {
  const { event, orderId, owner, holdId, seats, expiresAt } = claim;
  const expiresMs = expiresAt === "sold" ? NEVER_MS : expiresAt.getTime();
  await runScript<number>(redis, script, {
    keys: [seatsKey(event), holdKey(event, holdId ?? "none"), leasedKey(event, owner)],
    args: [orderId, expiresMs, expiresAt === "sold" ? "1" : "0", ...seats],
  });
}
