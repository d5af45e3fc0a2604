// A fan's own holds, as long as they live by the clock of Redis.
import { join } from "node:path";
import { Refusal } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import { type Hold, holdOf } from "./hold.ts";
import { hasSameKey } from "./hold-id.ts";
import { ownedKey } from "./keys.ts";
import type { HoldDeps, Lease } from "./lease.ts";
import { parseAreas, parseSeats } from "./places.ts";

const script = loadScript(join(import.meta.dirname, "list.lua"));
const ALL = "-";
/** One short question to Redis for each of them. */
const EVENTS_MAX = 200;

type Owner = { event: EventRef; owner: `0x${string}` };

/** As the lease knows it. */
type LiveHold = Hold & { heldAt: Date };

export async function readHold(
  deps: Pick<HoldDeps, "redis" | "readSale">,
  { event, owner, holdId }: Owner & { holdId: string },
): Promise<LiveHold> {
  const [hold] = await readLive(deps, { event, owner }, holdId);
  // Somebody else's hold and one that never was look the same from outside.
  if (hold !== undefined) return hold;
  throw new Refusal("hold/expired", "This hold has ended; its places may be gone.");
}

/** The hold that the same request has made before, if it lives. */
export async function findByKey(
  deps: Pick<HoldDeps, "redis" | "readSale">,
  { event, owner, id }: Owner & { id: string },
): Promise<Hold | undefined> {
  const holds = await readLive(deps, { event, owner }, ALL);
  const made = holds.find((hold) => hasSameKey(hold.id, id));
  if (made === undefined || made.id === id) return made;
  throw new Refusal("request/key-reused", "This key was used for another hold.");
}

/** Of all events on sale, or of one; the first to end comes first. */
export async function readHolds(
  deps: Pick<HoldDeps, "db" | "redis" | "readSale">,
  { owner, event }: { owner: `0x${string}`; event: EventRef | undefined },
): Promise<Hold[]> {
  const events = event === undefined ? await eventsOnSale(deps.db) : [event];
  const found = await Promise.all(
    events.map((each) => readLive(deps, { owner, event: each }, ALL)),
  );
  return found.flat().sort((a, b) => a.expiresAt.getTime() - b.expiresAt.getTime());
}

async function eventsOnSale(db: Sql): Promise<EventRef[]> {
  const { rows } = await db.query<{ deployment: number; id: number }>({
    name: "events-on-sale",
    text: `SELECT deployment, id FROM sale.event
           WHERE state = 'published' AND starts_at > now() ORDER BY starts_at LIMIT $1`,
    values: [EVENTS_MAX],
  });
  return rows.map(({ deployment, id }) => ({ deployment, eventId: id }));
}

async function readLive(
  { redis, readSale }: Pick<HoldDeps, "redis" | "readSale">,
  { event, owner }: Owner,
  asked: string,
): Promise<LiveHold[]> {
  const keys = [ownedKey(event, owner)];
  const found = await runScript<string[]>(redis, script, { keys, args: [asked] });
  if (found.length === 0) return [];
  const sale = await readSale(event);
  return found.map((record) => {
    const { firstEndMs, ...lease } = parseRecord(record);
    const heldAt = new Date(firstEndMs - sale.holdTtlMs);
    return { ...holdOf(lease, { event, owner, sale }), heldAt };
  });
}

/** A hold that was extended names its first end as well. */
function parseRecord(record: string): Lease & { firstEndMs: number } {
  const [expiresMs, id = "", , extended, seats = "-", areas = "-", first] = record.split(" ");
  return {
    firstEndMs: Number(first ?? expiresMs),
    id,
    places: { seats: parseSeats(seats), areas: parseAreas(areas) },
    expiresAt: new Date(Number(expiresMs)),
    extended: extended === "1",
  };
}
