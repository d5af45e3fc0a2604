// Shows an order's places in Redis as claimed, so that nobody is offered what Postgres would refuse.
import { join } from "node:path";
import type { EventRef } from "../domain/ticket-id.ts";
import { loadScript } from "../platform/lua.ts";
import { gathersOf } from "../platform/lua-gather.ts";
import type { RedisClient } from "../platform/redis.ts";
import { holdKeys } from "./keys.ts";
import { NEVER_MS } from "./load-claims.ts";
import { countPlaces, formatAreas, formatMs, type Places } from "./places.ts";
import { LOG_ENTRIES_MAX } from "./seat-log.ts";

const gathers = gathersOf(loadScript(join(import.meta.dirname, "claim.lua")));
const NO_HOLD = "-";

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
    places: Places;
    expiresAt: Date | "sold";
  },
): Promise<void> {
  const { event, orderId, owner, holdId, places, expiresAt } = claim;
  const expiresMs = expiresAt === "sold" ? NEVER_MS : expiresAt.getTime();
  await gathers(redis)<number>({
    keys: holdKeys(event, owner),
    args: [
      ...[orderId, formatMs(expiresMs), holdId ?? NO_HOLD],
      ...[LOG_ENTRIES_MAX, formatAreas(places.areas), countPlaces(places)],
      ...places.seats,
    ],
  });
}
