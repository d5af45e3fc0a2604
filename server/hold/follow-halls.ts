// Which events this process follows for the live seat map: those that somebody looks at, up to a number.
import { nameSeating } from "../domain/seat-map.ts";
import { type EventRef, formatEventId, parseEventId, type SeatKey } from "../domain/ticket-id.ts";
import type { Db } from "../platform/db/client.ts";
import { keepFor } from "../platform/kept.ts";
import type { Metrics } from "../platform/metrics.ts";
import { createRound, type Round, type RoundDeps } from "./hall-round.ts";
import type { ReadSale } from "./sale.ts";
import { SeatHall } from "./seat-hall.ts";

export interface FollowerDeps extends RoundDeps {
  metrics: Metrics;
  readSale: ReadSale;
  stopping: AbortSignal;
  /** Events that one process follows at a time; HALLS_MAX unless said otherwise. */
  hallsMax?: number;
}

/** 4 Hz: what a fan can see, and one frame for all changes in between. */
const TICK_MS = 250;
/** Nobody listened or asked for so long: the next one who does begins anew. */
const IDLE_MS = 30_000;
/** Of the largest halls, 3 MB each. */
const HALLS_MAX = 64;
/** How old a map may be of an event that is one too many to be followed. */
const PASSING_MS = 1_000;
/** They take as much memory as the others. */
const PASSING_MAX = 16;

interface Followed {
  hall: Promise<SeatHall>;
  usedMs: number;
}

type Halls = Map<string, Followed>;

interface Opened {
  hall: SeatHall;
  round: Round;
}

export interface Follower {
  /** The hall of an event, kept up to date as long as somebody asks or listens; undefined: full. */
  follow(event: EventRef): Promise<SeatHall | undefined>;
  /** The hall as it was within the last second, for a map alone. */
  look(event: EventRef): Promise<SeatHall>;
}

export function createFollower(deps: FollowerDeps): Follower {
  const { clock, stopping, hallsMax = HALLS_MAX } = deps;
  const halls: Halls = new Map();
  const dropped = () => deps.metrics.seatListenersDropped.inc();
  stopping.addEventListener("abort", () => {
    for (const { hall } of halls.values()) {
      // One that could not be opened has nobody to send away.
      void hall.then((each) => each.endAll()).catch(() => undefined);
    }
  });

  async function open(event: EventRef): Promise<Opened> {
    const seats = await readSeating(deps.db, event);
    const hall = new SeatHall({ seating: nameSeating(seats), seats, dropped });
    const round = createRound(deps, event, hall);
    await round();
    return { hall, round };
  }

  function begin(event: EventRef): Followed {
    const key = formatEventId(event);
    const opened = open(event);
    const followed = { hall: opened.then(({ hall }) => hall), usedMs: 0 };
    halls.set(key, followed);
    opened.then(
      (each) => keepFollowing(deps, halls, { key, followed, ...each }),
      () => leave(halls, key, followed),
    );
    return followed;
  }

  const passing = keepFor({ clock, keptMs: PASSING_MS, entriesMax: PASSING_MAX }, async (key) => {
    return (await open(parseEventId(key))).hall;
  });
  return {
    follow: async (event) => {
      await deps.readSale(event);
      const key = formatEventId(event);
      const isFull = !halls.has(key) && halls.size >= hallsMax;
      if (isFull && !(await makeRoom(halls))) return undefined;
      const followed = halls.get(key) ?? begin(event);
      followed.usedMs = clock.monotonicMs();
      return followed.hall;
    },
    look: (event) => passing(formatEventId(event)),
  };
}

/** Ends when nobody needs the event any more, or with the process. */
async function keepFollowing(
  { clock, log, stopping }: FollowerDeps,
  halls: Halls,
  { key, followed, hall, round }: { key: string; followed: Followed } & Opened,
): Promise<void> {
  while (!stopping.aborted) {
    const nowMs = clock.monotonicMs();
    if (halls.get(key) !== followed) break;
    if (hall.listeners.size > 0) followed.usedMs = nowMs;
    if (nowMs - followed.usedMs > IDLE_MS) break;
    await clock.sleep(TICK_MS, stopping);
    try {
      await round();
    } catch (err) {
      // Whoever looks at this event starts it again; the others' events go on.
      log.error({ err, eventId: key }, "the seat feed stopped");
      break;
    }
  }
  leave(halls, key, followed);
  hall.endAll();
}

/** It may be followed anew by now. */
function leave(halls: Halls, key: string, followed: Followed): void {
  if (halls.get(key) === followed) halls.delete(key);
}

/** Of an event that was only looked at; who listens is not sent away for somebody else. */
async function makeRoom(halls: Halls): Promise<boolean> {
  const byUse = [...halls].sort(([, a], [, b]) => a.usedMs - b.usedMs);
  for (const [key, followed] of byUse) {
    const hall = await followed.hall.catch(() => undefined);
    if (hall !== undefined && hall.listeners.size > 0) continue;
    leave(halls, key, followed);
    hall?.endAll();
    return true;
  }
  return false;
}

/** In the order of the keys, as an event's own list of seats. */
async function readSeating(db: Db, event: EventRef): Promise<SeatKey[]> {
  const { rows } = await db.query<{ seat: bigint }>({
    name: "seat-feed-seating",
    text: "SELECT seat FROM sale.seat WHERE deployment = $1 AND event_id = $2 ORDER BY seat",
    values: [event.deployment, event.eventId],
  });
  return rows.map(({ seat }) => Number(seat));
}
