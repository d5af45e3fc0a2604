// Gives a hold its time again, once.
import { join } from "node:path";
import { Refusal } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import { type Hold, holdOf } from "./hold.ts";
import { holdKeys } from "./keys.ts";
import type { HoldDeps } from "./lease.ts";
import { parseAreas, parseSeats } from "./places.ts";
import { LOG_ENTRIES_MAX } from "./seat-log.ts";

const script = loadScript(join(import.meta.dirname, "extend.lua"));

/** What extend.lua answers first. */
const EXTENDED = 1;
const EXTENDED_BEFORE = -1;

export async function extendHold(
  { redis, readSale }: Pick<HoldDeps, "redis" | "readSale">,
  { event, holdId, owner }: { event: EventRef; holdId: string; owner: `0x${string}` },
): Promise<Hold> {
  const sale = await readSale(event);
  const [code, expiresMs, seats = "-", areas = "-"] = await runScript<
    [code: number, expiresMs?: string, seats?: string, areas?: string]
  >(redis, script, {
    keys: holdKeys(event, owner),
    args: [holdId, sale.holdTtlMs, LOG_ENTRIES_MAX],
  });
  const expiresAt = new Date(Number(expiresMs));
  if (code === EXTENDED_BEFORE) {
    throw new Refusal("hold/extended", "This hold had its time again already.", {
      expiresAt: expiresAt.toISOString(),
    });
  }
  if (code !== EXTENDED) throw new Refusal("hold/expired", "This hold has ended already.");
  const places = { seats: parseSeats(seats), areas: parseAreas(areas) };
  return holdOf({ id: holdId, places, expiresAt, extended: true }, { event, owner, sale });
}
