// Shows places of an order in Redis as free, after Postgres gave them back.
import { join } from "node:path";
import type { EventRef, SeatKey } from "../domain/ticket-id.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import type { RedisClient } from "../platform/redis.ts";
import { holdKeys } from "./keys.ts";
import { type AreaPlaces, formatAreas } from "./places.ts";
import { LOG_ENTRIES_MAX } from "./seat-log.ts";

const script = loadScript(join(import.meta.dirname, "free.lua"));

/** Done twice, it is done once: it says what the order still has, not how much less. */
export async function showFree(
  { redis }: { redis: RedisClient },
  freed: {
    event: EventRef;
    orderId: string;
    owner: string;
    seats: readonly SeatKey[];
    left: { places: number; areas: readonly AreaPlaces[] };
  },
): Promise<void> {
  const { event, orderId, owner, seats, left } = freed;
  await runScript<number>(redis, script, {
    keys: holdKeys(event, owner),
    args: [orderId, LOG_ENTRIES_MAX, left.places, formatAreas(left.areas), ...seats],
  });
}
