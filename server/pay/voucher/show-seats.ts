// Shows in Redis what became of the seats of a voucher: kept for as long as it may be used, or free.
import { placesOf } from "../../hold/places.ts";
import { showClaim } from "../../hold/show-claim.ts";
import { showFree } from "../../hold/show-free.ts";
import type { Db } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import type { RedisClient } from "../../platform/redis.ts";

interface ShowDeps {
  db: Db;
  redis: RedisClient;
  log: Log;
}

/** Without an end: only a final block says when it is over. Postgres decides all the same. */
export async function showKept(deps: ShowDeps, orderId: string): Promise<void> {
  await bestEffort(deps, orderId, async () => {
    const { event, owner, places } = await readPlaces(deps, orderId);
    const claim = { event, orderId, owner, holdId: undefined, places };
    await showClaim(deps, { ...claim, expiresAt: "sold" });
  });
}

export async function showReleased(deps: ShowDeps, orderId: string): Promise<void> {
  await bestEffort(deps, orderId, async () => {
    const { event, owner, places } = await readPlaces(deps, orderId);
    const areas = places.areas.map(({ area }) => ({ area, places: 0 }));
    const left = { places: 0, areas };
    await showFree(deps, { event, orderId, owner, seats: places.seats, left });
  });
}

async function bestEffort({ log }: ShowDeps, orderId: string, work: () => Promise<void>) {
  try {
    await work();
  } catch (err) {
    log.warn(
      { err, orderId },
      "seats of a voucher are not shown as they are; they hold all the same",
    );
  }
}

/** Of its lines: claims that ended may be somebody else's by now. */
async function readPlaces({ db }: ShowDeps, orderId: string) {
  const { rows } = await db.query<{
    deployment: number;
    event_id: number;
    buyer: string;
    seat: bigint;
    area: number | null;
  }>({
    text: `SELECT o.deployment, o.event_id, o.buyer, line.seat, area.section AS area
           FROM sale.order o JOIN sale.order_line line ON line.order_id = o.id
           LEFT JOIN sale.area ON area.deployment = o.deployment
             AND area.event_id = o.event_id AND area.section = line.seat >> 24
           WHERE o.id = $1`,
    values: [orderId],
  });
  const { deployment = 0, event_id: eventId = 0, buyer: owner = "" } = rows[0] ?? {};
  return { event: { deployment, eventId }, owner, places: placesOf(rows) };
}
