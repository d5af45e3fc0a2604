// How much one wallet may have of an event, checked where it is claimed: over all of its orders.
import { Refusal } from "../domain/failure.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import { requireWithinOrder } from "../hold/hold-places.ts";
import { countPlaces, type Places } from "../hold/places.ts";
import type { Phase, Sale } from "../hold/sale.ts";
import type { Sql } from "../platform/db/client.ts";

interface Buyer {
  event: EventRef;
  owner: string;
}

export interface LimitedWish extends Buyer {
  places: Places;
  sale: Sale;
  phase: Phase;
}

export function buyerOf({ event, owner }: Buyer): string {
  return `${formatEventId(event)}:${owner}`;
}

/**
 * Makes a wallet's orders of one event come one after another, until each transaction ends. Taken
 * in order, so that two transactions of many buyers never wait for each other in a circle.
 */
export async function lockBuyers(sql: Sql, buyers: readonly Buyer[]): Promise<void> {
  await sql.query({
    name: "lock-buyers",
    text: `SELECT pg_advisory_xact_lock(lock) FROM (
             SELECT DISTINCT hashtextextended('limit:' || buyer, 0) AS lock
             FROM unnest($1::text[]) AS buyer ORDER BY lock) AS locks`,
    values: [buyers.map(buyerOf)],
  });
}

/**
 * Under the buyers' locks. Unpaid orders count as much as paid ones: otherwise order after order
 * would take the house for nothing.
 */
export async function findAboveLimits(
  sql: Sql,
  wishes: readonly LimitedWish[],
): Promise<(Refusal | undefined)[]> {
  const { rows } = await sql.query<{ at: bigint; unpaid: bigint; all: bigint }>({
    name: "claims-of-buyers",
    text: `SELECT given.at, count(*) FILTER (WHERE o.state = 'claimed') AS unpaid, count(*) AS all
           FROM unnest($1::smallint[], $2::int[], $3::text[]) WITH ORDINALITY
             AS given (deployment, event_id, buyer, at)
           JOIN sale.order o USING (deployment, event_id, buyer)
           JOIN sale.claim c ON c.order_id = o.id
           WHERE c.expires_at > now() GROUP BY given.at`,
    values: [
      wishes.map(({ event }) => event.deployment),
      wishes.map(({ event }) => event.eventId),
      wishes.map(({ owner }) => owner),
    ],
  });
  const counts = new Map(rows.map(({ at, ...count }) => [Number(at) - 1, count]));
  return wishes.map((wish, at) => refusalOf(() => requireLimits(wish, counts.get(at))));
}

function requireLimits(
  { places, sale, phase }: LimitedWish,
  has: { unpaid: bigint; all: bigint } | undefined,
): void {
  requireWithinOrder(phase, places);
  const adding = countPlaces(places);
  refuseAbove(Number(has?.unpaid ?? 0n) + adding, adding, sale.unpaidPerPerson, "unpaid places");
  refuseAbove(Number(has?.all ?? 0n) + adding, adding, phase.limitPerPerson, "places");
}

function refuseAbove(wanted: number, adding: number, limit: number, what: string): void {
  if (wanted <= limit) return;
  throw new Refusal("hold/limit-reached", `One person may have ${limit} ${what} here.`, {
    limit,
    held: wanted - adding,
  });
}

function refusalOf(check: () => void): Refusal | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
