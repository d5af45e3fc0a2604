// How much one wallet may have of an event, checked where it is claimed: over all of its orders.
import { Refusal } from "../domain/failure.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import { requireWithinOrder } from "../hold/hold-places.ts";
import { countPlaces, type Places } from "../hold/places.ts";
import type { Phase, Sale } from "../hold/sale.ts";
import type { Sql } from "../platform/db/client.ts";

/** Makes a wallet's orders of one event come one after another, until each transaction ends. */
export async function lockBuyer(
  sql: Sql,
  { event, owner }: { event: EventRef; owner: string },
): Promise<void> {
  await sql.query({
    text: "SELECT pg_advisory_xact_lock(hashtextextended('limit:' || $1, 0))",
    values: [`${formatEventId(event)}:${owner}`],
  });
}

/**
 * Under the buyer's lock. Unpaid orders count as much as paid ones: otherwise order after order
 * would take the house for nothing.
 */
export async function requireLimits(
  sql: Sql,
  wish: { event: EventRef; owner: string; places: Places; sale: Sale; phase: Phase },
): Promise<void> {
  const { event, owner, places, sale, phase } = wish;
  requireWithinOrder(phase, places);
  const { rows } = await sql.query<{ unpaid: bigint; all: bigint }>({
    name: "claims-of-buyer",
    text: `SELECT count(*) FILTER (WHERE o.state = 'claimed') AS unpaid, count(*) AS all
           FROM sale.order o JOIN sale.claim c ON c.order_id = o.id
           WHERE o.deployment = $1 AND o.event_id = $2 AND o.buyer = $3 AND c.expires_at > now()`,
    values: [event.deployment, event.eventId, owner],
  });
  const adding = countPlaces(places);
  const [has] = rows;
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
