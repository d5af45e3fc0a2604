// Lets the Redis keys of an event go some time after its end, however often the end is moved.
import type { EventRef } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { onRedis, type RedisClient } from "../platform/redis.ts";
import { areasKey, seatLogKey, seatsKey } from "./keys.ts";

/** After an event's end: late refunds and questions look at its seats; nobody does for longer. */
export const KEYS_KEPT_DAYS = 30;
const DAY_MS = 24 * 60 * 60_000;
const EVENTS_MAX = 1_000;

interface EventEnd {
  deployment: number;
  id: number;
  ends_at: Date;
}

/** What an owner has goes with it: the scripts give those keys the time of the seats. */
export async function expireKeys(
  { db, redis }: { db: Sql; redis: RedisClient },
  event: EventRef,
): Promise<void> {
  const { rows } = await db.query<EventEnd>({
    name: "event-end",
    text: "SELECT deployment, id, ends_at FROM sale.event WHERE deployment = $1 AND id = $2",
    values: [event.deployment, event.eventId],
  });
  for (const row of rows) await expire(redis, row);
}

/** Again and again: an end may move, and a set that was empty comes back without its time. */
export async function expireAllKeys({ db, redis }: { db: Sql; redis: RedisClient }): Promise<void> {
  const { rows } = await db.query<EventEnd>({
    text: `SELECT deployment, id, ends_at FROM sale.event
           WHERE state = 'published' AND ends_at > now() - $1 * interval '1 day'
           ORDER BY ends_at LIMIT $2`,
    values: [KEYS_KEPT_DAYS, EVENTS_MAX],
  });
  for (const row of rows) await expire(redis, row);
}

async function expire(redis: RedisClient, { deployment, id, ends_at }: EventEnd): Promise<void> {
  const event = { deployment, eventId: id };
  const goneMs = ends_at.getTime() + KEYS_KEPT_DAYS * DAY_MS;
  const keys = [seatsKey(event), areasKey(event), seatLogKey(event)];
  await onRedis(() => Promise.all(keys.map((key) => redis.pexpireat(key, goneMs))));
}
