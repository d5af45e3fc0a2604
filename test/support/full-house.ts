// A house in which nothing is free but what a test says, so that no seat can be made good by another.
import type { House } from "./house.ts";

const OTHERS = "ord_others";

/** Every other seat is somebody's for an hour. */
export async function takeAllBut({ db, event }: House, free: readonly number[]): Promise<void> {
  await db.query({
    text: `INSERT INTO sale.claim (deployment, event_id, seat, order_id, expires_at)
           SELECT $1, $2, seat, $4, now() + interval '1 hour' FROM sale.seat
           WHERE deployment = $1 AND event_id = $2 AND NOT seat = ANY ($3)
           ON CONFLICT (deployment, event_id, seat) DO UPDATE
             SET order_id = EXCLUDED.order_id, expires_at = EXCLUDED.expires_at
             WHERE claim.expires_at <= now()`,
    values: [event.deployment, event.eventId, free, OTHERS],
  });
}

export async function inFullHouse<T>(
  house: House,
  work: () => Promise<T>,
  free: readonly number[] = [],
): Promise<T> {
  await takeAllBut(house, free);
  try {
    return await work();
  } finally {
    await freeAgain(house);
  }
}

/** What `takeAllBut` took is nobody's. */
export async function freeAgain({ db, redis }: House): Promise<void> {
  const text = "UPDATE sale.claim SET expires_at = now() WHERE order_id = $1";
  await db.query({ text, values: [OTHERS] });
  await redis.flushdb();
}
