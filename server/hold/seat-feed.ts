// The live seat map: follows the seats of events that somebody looks at, four times a second.
import type { EventStream, Packed } from "../api/handler.ts";
import { Fault } from "../domain/failure.ts";
import { nameSeating } from "../domain/seat-map.ts";
import { type EventRef, formatEventId, parseEventId, type SeatKey } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db/client.ts";
import { asDbFault } from "../platform/db/failure.ts";
import { keepFor } from "../platform/kept.ts";
import type { Log } from "../platform/log.ts";
import type { Metrics } from "../platform/metrics.ts";
import { onRedis, type RedisClient } from "../platform/redis.ts";
import type { Occupied } from "./hall-board.ts";
import { seatsKey } from "./keys.ts";
import { liveClaims, loadClaims } from "./load-claims.ts";
import type { ReadSale } from "./sale.ts";
import { parseCursor, type SeatCursor } from "./seat-cursor.ts";
import { SeatHall } from "./seat-hall.ts";
import { readSeatChanges, type SeatChange } from "./seat-log.ts";

export interface SeatFeedDeps {
  db: Db;
  redis: RedisClient;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  readSale: ReadSale;
  stopping: AbortSignal;
  /** Events that one process follows at a time; HALLS_MAX unless said otherwise. */
  hallsMax?: number;
}

export interface SeatFeed {
  snapshot(event: EventRef): Promise<Packed>;
  /** `after`: the cursor of a map or of an event that the listener has seen. */
  listen(event: EventRef, after: string | undefined): Promise<EventStream>;
}

/** 4 Hz: what a fan can see, and one frame for all changes in between. */
const TICK_MS = 250;
/** While Redis is away seats change by payments alone, and Postgres has other work. */
const CLAIMS_EVERY_MS = 2_000;
const OFF_EVERY_MS = 30_000;
/** Nobody listened or asked for so long: the next one who does begins anew. */
const IDLE_MS = 30_000;
/** Of the largest halls, 3 MB each. */
const HALLS_MAX = 64;
/** How old a map may be of an event that is one too many to be followed. */
const PASSING_MS = 1_000;
/** In one process; each holds a socket and some 20 kB. */
const LISTENERS_MAX = 20_000;
const RETRY_AFTER_SECONDS = 5;

/** The epoch of a map that is made without Redis; no log has it. */
const CLAIMS_EPOCH = "0";

interface Followed {
  hall: Promise<SeatHall>;
  usedMs: number;
}

export function createSeatFeed(deps: SeatFeedDeps): SeatFeed {
  const { follow, look } = createFollower(deps);
  let listening = 0;

  function count(change: 1 | -1): void {
    listening += change;
    deps.metrics.seatListeners.set(listening);
  }

  return {
    snapshot: async (event) => ((await follow(event)) ?? (await look(event))).snapshot(),
    listen: async (event, after) => {
      if (listening >= LISTENERS_MAX || deps.stopping.aborted) throw tooMany("listen");
      const from = parseCursor(after);
      const hall = await follow(event);
      if (hall === undefined) throw tooMany("events are followed");
      const missed = await readMissed(deps.redis, { event, hall, from });
      return {
        listen: (listener) => {
          count(1);
          const leave = hall.listen(missed && from, listener, missed ?? []);
          let left = false;
          return () => {
            if (left) return;
            left = true;
            count(-1);
            leave();
          };
        },
      };
    },
  };
}

interface Follower {
  /** The hall of an event, kept up to date as long as somebody asks or listens; undefined: full. */
  follow(event: EventRef): Promise<SeatHall | undefined>;
  /** The hall as it was within the last second, for a map alone. */
  look(event: EventRef): Promise<SeatHall>;
}

function createFollower(deps: SeatFeedDeps): Follower {
  const { clock, stopping, hallsMax = HALLS_MAX } = deps;
  const halls = new Map<string, Followed>();
  const dropped = () => deps.metrics.seatListenersDropped.inc();
  stopping.addEventListener("abort", () => {
    for (const { hall } of halls.values()) {
      // One that could not be opened has nobody to send away.
      void hall.then((each) => each.endAll()).catch(() => undefined);
    }
  });

  async function open(event: EventRef): Promise<{ hall: SeatHall; round: Round }> {
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
      ({ hall, round }) => keepFollowing(key, { followed, hall, round }),
      () => leave(key, followed),
    );
    return followed;
  }

  /** Ends when nobody needs the event any more, or with the process. */
  async function keepFollowing(
    key: string,
    { followed, hall, round }: { followed: Followed; hall: SeatHall; round: Round },
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
        deps.log.error({ err, eventId: key }, "the seat feed stopped");
        break;
      }
    }
    leave(key, followed);
    hall.endAll();
  }

  /** It may be followed anew by now. */
  function leave(key: string, followed: Followed): void {
    if (halls.get(key) === followed) halls.delete(key);
  }

  /** Of an event that was only looked at; who listens is not sent away for somebody else. */
  async function makeRoom(): Promise<boolean> {
    const byUse = [...halls].sort(([, a], [, b]) => a.usedMs - b.usedMs);
    for (const [key, followed] of byUse) {
      const hall = await followed.hall.catch(() => undefined);
      if (hall !== undefined && hall.listeners.size > 0) continue;
      leave(key, followed);
      hall?.endAll();
      return true;
    }
    return false;
  }

  const passing = keepFor({ clock, keptMs: PASSING_MS, entriesMax: HALLS_MAX }, async (key) => {
    return (await open(parseEventId(key))).hall;
  });
  return {
    follow: async (event) => {
      await deps.readSale(event);
      const key = formatEventId(event);
      const isFull = !halls.has(key) && halls.size >= hallsMax;
      if (isFull && !(await makeRoom())) return undefined;
      const followed = halls.get(key) ?? begin(event);
      followed.usedMs = clock.monotonicMs();
      return followed.hall;
    },
    look: (event) => passing(formatEventId(event)),
  };
}

function tooMany(what: string): Fault {
  const data = { retryAfter: RETRY_AFTER_SECONDS };
  return new Fault("server/unavailable", `Too many ${what} here; ask for the map.`, { data });
}

type Round = () => Promise<void>;

/** Reads what is new, lets leases end, and tells everybody once. */
function createRound(deps: SeatFeedDeps, event: EventRef, hall: SeatHall): Round {
  const { clock, db } = deps;
  const nowMs = () => clock.now().getTime();
  const readOff = keepFor({ clock, keptMs: OFF_EVERY_MS, entriesMax: 1 }, async () => {
    hall.board.setOff(await readOffSeats(db, event));
  });
  let isAway = false;
  let claimsReadMs = Number.NEGATIVE_INFINITY;

  async function fromClaims(err: unknown): Promise<void> {
    if (clock.monotonicMs() - claimsReadMs < CLAIMS_EVERY_MS) return;
    claimsReadMs = clock.monotonicMs();
    if (!isAway) deps.log.warn({ err, eventId: formatEventId(event) }, "seats from claims alone");
    isAway = true;
    // Without Redis there are no new holds, so the claims of Postgres are the whole truth.
    const claims = await liveClaims(db, event);
    const occupied = claims.map(({ seat, expiresMs }) => ({ seat, untilMs: expiresMs }));
    hall.load(occupied, { epoch: CLAIMS_EPOCH, number: 0, nowMs: nowMs() });
  }

  return async () => {
    try {
      await catchUp(deps, event, hall);
      isAway = false;
    } catch (err) {
      if (!(err instanceof Fault)) throw err;
      await fromClaims(err).catch((cause: unknown) => {
        // Neither answers: the map stays as it was, and everybody keeps listening.
        if (!isFault(cause)) throw cause;
      });
    }
    await readOff("off").catch((cause: unknown) => {
      if (!isFault(cause)) throw cause;
    });
    hall.tell(clock.monotonicMs());
  };
}

async function catchUp(
  { db, redis }: Pick<SeatFeedDeps, "db" | "redis">,
  event: EventRef,
  hall: SeatHall,
): Promise<void> {
  let found = await readSeatChanges(redis, event, hall.position);
  if (found.epoch === undefined) {
    await loadClaims({ db, redis }, event);
    found = await readSeatChanges(redis, event, hall.position);
  }
  const { epoch = CLAIMS_EPOCH, newest, nowMs, changes } = found;
  if (changes !== undefined) {
    for (const change of changes) hall.board.apply(numberOf(change.position), occupiedBy(change));
    hall.board.advance(nowMs);
    return;
  }
  // The position first: whatever comes into the seats in between is in the log after it as well.
  const fields = await onRedis(() => redis.hgetall(seatsKey(event)));
  const occupied = Object.entries(fields)
    .filter(([seat]) => /^\d+$/.test(seat))
    .map(([seat, value]) => ({ seat: Number(seat), untilMs: Number(value.split(" ")[0]) }));
  hall.load(occupied, { epoch, number: numberOf(newest), nowMs });
}

/** What a listener of another process may have missed here; undefined when nobody can know. */
async function readMissed(
  redis: RedisClient,
  { event, hall, from }: { event: EventRef; hall: SeatHall; from: SeatCursor | undefined },
): Promise<number[] | undefined> {
  if (from === undefined || from.epoch !== hall.epoch || from.epoch === CLAIMS_EPOCH) {
    return undefined;
  }
  if (hall.remembers(from)) return [];
  const { changes } = await readSeatChanges(redis, event, `${from.epoch}-${from.number}`);
  return changes && hall.board.placesOf(changes.flatMap(({ seats }) => seats));
}

function numberOf(position: string | undefined): number {
  return Number(position?.split("-")[1] ?? 0);
}

function occupiedBy({ state, untilMs, seats }: SeatChange): Occupied[] {
  return seats.map((seat) => ({ seat, untilMs: state === "free" ? 0 : untilMs }));
}

function isFault(error: unknown): boolean {
  return error instanceof Error && asDbFault(error) !== undefined;
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

/** Seats of a class that is in no phase of now: fans cannot have them. */
async function readOffSeats(db: Db, event: EventRef): Promise<SeatKey[]> {
  const { rows } = await db.query<{ seat: bigint }>({
    name: "seat-feed-off",
    text: `SELECT seat FROM sale.seat
           WHERE deployment = $1 AND event_id = $2 AND class > 0 AND NOT EXISTS (
             SELECT 1 FROM sale.phase
             WHERE phase.deployment = $1 AND phase.event_id = $2
               AND seat.class = ANY (phase.classes)
               AND phase.starts_at <= now() AND phase.ends_at > now())`,
    values: [event.deployment, event.eventId],
  });
  return rows.map(({ seat }) => Number(seat));
}
