// Gives a fan's held places back before the hold ends by itself.
import { join } from "node:path";
import { Refusal } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import type { RedisClient } from "../platform/redis.ts";
import { holdKeys } from "./keys.ts";
import { LOG_ENTRIES_MAX } from "./seat-log.ts";

const script = loadScript(join(import.meta.dirname, "release.lua"));

export async function releaseHold(
  { redis }: { redis: RedisClient },
  { event, holdId, owner }: { event: EventRef; holdId: string; owner: `0x${string}` },
): Promise<void> {
  const released = await runScript<number>(redis, script, {
    keys: holdKeys(event, owner),
    args: [holdId, LOG_ENTRIES_MAX],
  });
  if (released === 0) throw new Refusal("hold/expired", "This hold has ended already.");
}
