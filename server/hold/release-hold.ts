// Gives a fan's held seats back before the hold ends by itself.
import { join } from "node:path";
import { Refusal } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import type { RedisClient } from "../platform/redis.ts";
import { holdKey, leasedKey, seatsKey } from "./keys.ts";

const script = loadScript(join(import.meta.dirname, "release.lua"));

export async function releaseHold(
  { redis }: { redis: RedisClient },
  { event, holdId, owner }: { event: EventRef; holdId: string; owner: `0x${string}` },
): Promise<void> {
  const released = await runScript<number>(redis, script, {
    keys: [seatsKey(event), holdKey(event, holdId), leasedKey(event, owner)],
    args: [holdId, owner],
  });
  if (released === 0) throw new Refusal("hold/expired", "This hold has ended already.");
}
