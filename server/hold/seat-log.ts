// The log of an event's seats: every hold, release and claim as one entry, so that a follower can catch up.
import { join } from "node:path";
import type { EventRef, SeatKey } from "../domain/ticket-id.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import type { RedisClient } from "../platform/redis.ts";
import { seatLogKey, seatsKey } from "./keys.ts";
import { parseSeats } from "./places.ts";

const script = loadScript(join(import.meta.dirname, "changes.lua"));

/**
 * Some minutes of the busiest sale (a thousand holds a second) or hours of a usual one. Who has
 * been away for longer looks at all seats again.
 */
export const LOG_ENTRIES_MAX = 100_000;
const ENTRIES_PER_READ_MAX = 10_000;

/**
 * Where in the log somebody is: "epoch-number". A new epoch, after Redis lost something or Postgres
 * knew better, means that all seats have to be read again.
 */
export type LogPosition = string;

export interface SeatChange {
  position: LogPosition;
  state: "held" | "sold" | "free";
  /** When a held seat comes back by itself, without an entry; in the server's time. */
  untilMs: number;
  seats: SeatKey[];
  /** Area → places that are not free. */
  areas: Map<number, number>;
}

export interface SeatChanges {
  /** By the clock of Redis, which all leases go by. */
  nowMs: number;
  /** Undefined: the event's claims are not loaded. */
  epoch: string | undefined;
  /** Where the log ends; undefined when there is none. */
  newest: LogPosition | undefined;
  /** Undefined: they do not join up with the known position; read all seats again. */
  changes: SeatChange[] | undefined;
}

type Entry = [id: string, fields: string[]];

export async function readSeatChanges(
  redis: RedisClient,
  event: EventRef,
  since: LogPosition,
): Promise<SeatChanges> {
  const [nowMs, epoch, newest, ...entries] = await runScript<[string, string, string, ...Entry[]]>(
    redis,
    script,
    { keys: [seatsKey(event), seatLogKey(event)], args: [since, ENTRIES_PER_READ_MAX] },
  );
  const changes = joinsUp(since, epoch, newest, entries) ? entries.map(parseEntry) : undefined;
  return {
    nowMs: Number(nowMs),
    epoch: epoch === "" ? undefined : epoch,
    newest: newest === "" ? undefined : newest,
    changes,
  };
}

/** Entries are numbered without a gap, so that whatever is missing shows. */
function joinsUp(since: string, epoch: string, newest: string, entries: Entry[]): boolean {
  const [knownEpoch, knownNumber] = since.split("-");
  if (epoch === "" || knownEpoch !== epoch) return false;
  const last = entries.at(-1)?.[0] ?? since;
  return last === newest && Number(newest.split("-")[1]) === Number(knownNumber) + entries.length;
}

function parseEntry([position, fields]: Entry): SeatChange {
  const [state = "", value = ""] = fields;
  const [untilMs, seats = "-", areas = ""] = value.split(" ");
  return {
    position,
    state: state as SeatChange["state"],
    untilMs: Number(untilMs),
    seats: parseSeats(seats),
    areas: new Map(
      areas
        .split(",")
        .filter((part) => part !== "")
        .map((part) => part.split("=").map(Number) as [number, number]),
    ),
  };
}
