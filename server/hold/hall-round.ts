// Brings one event's hall up to date: what is new in the log, or without Redis the claims of Postgres.
import { Fault } from "../domain/failure.ts";
import { type EventRef, formatEventId, type SeatKey } from "../domain/ticket-id.ts";
import type { Clock } from "../platform/clock.ts";
import type { Db } from "../platform/db/client.ts";
import { asDbFault } from "../platform/db/failure.ts";
import { keepFor } from "../platform/kept.ts";
import type { Log } from "../platform/log.ts";
import { onRedis, type RedisClient } from "../platform/redis.ts";
import type { Occupied } from "./hall-board.ts";
import { seatsKey } from "./keys.ts";
import { liveClaims, loadClaims } from "./load-claims.ts";
import type { SeatHall } from "./seat-hall.ts";
import { readSeatChanges, type SeatChange } from "./seat-log.ts";

export interface RoundDeps {
  db: Db;
  redis: RedisClient;
  clock: Clock;
  log: Log;
}

/** While Redis is away seats change by payments alone, and Postgres has other work. */
const CLAIMS_EVERY_MS = 2_000;
const OFF_EVERY_MS = 30_000;

/** The epoch of a map that is made without Redis; no log has it. */
export const CLAIMS_EPOCH = "0";

export type Round = () => Promise<void>;

/** Reads what is new, lets leases end, and tells everybody once. */
export function createRound(deps: RoundDeps, event: EventRef, hall: SeatHall): Round {
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
  { db, redis }: Pick<RoundDeps, "db" | "redis">,
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

function numberOf(position: string | undefined): number {
  return Number(position?.split("-")[1] ?? 0);
}

function occupiedBy({ state, untilMs, seats }: SeatChange): Occupied[] {
  return seats.map((seat) => ({ seat, untilMs: state === "free" ? 0 : untilMs }));
}

function isFault(error: unknown): boolean {
  return error instanceof Error && asDbFault(error) !== undefined;
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
