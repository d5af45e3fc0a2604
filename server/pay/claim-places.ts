// Claims the places of an order in Postgres, which decides whose they are (I1).
import { Refusal } from "../domain/failure.ts";
import { type EventRef, packAreaPlace, type SeatKey } from "../domain/ticket-id.ts";
import type { AreaPlaces, Places } from "../hold/places.ts";
import type { Sql } from "../platform/db/client.ts";

interface Claim {
  event: EventRef;
  orderId: string;
  ttlMs: number;
}

export interface ClaimedSeat {
  seat: SeatKey;
  /** Of its ticket. The plan that a process remembers may be older than the last refund. */
  issue: number;
}

export interface Claimed {
  /** Seats of the plan, and the numbers that places of areas got. */
  seats: ClaimedSeat[];
  areaSeats: ClaimedSeat[];
  expiresAt: Date;
}

/**
 * Of an order that has some of them already, those stay its own. Areas before seats and each in
 * order, so that two orders never wait for each other in a circle; the wait is bounded by
 * lock_timeout.
 */
export async function claimPlaces(sql: Sql, claim: Claim & { places: Places }): Promise<Claimed> {
  const { seats, areas } = claim.places;
  const areaSeats: ClaimedSeat[] = [];
  for (const each of [...areas].sort((a, b) => a.area - b.area)) {
    areaSeats.push(...(await claimArea(sql, { ...claim, ...each })));
  }
  const inOrder = [...seats].sort((a, b) => a - b);
  const planSeats = await claimSeats(sql, { ...claim, seats: inOrder });
  const { rows } = await sql.query<{ expires_at: Date }>({
    name: "claim-expiry",
    text: "SELECT min(expires_at) AS expires_at FROM sale.claim WHERE order_id = $1",
    values: [claim.orderId],
  });
  const expiresAt = rows[0]?.expires_at ?? new Date(0);
  return { seats: planSeats, areaSeats, expiresAt };
}

async function claimSeats(sql: Sql, claim: Claim & { seats: SeatKey[] }): Promise<ClaimedSeat[]> {
  const { event, orderId, seats, ttlMs } = claim;
  const { rows } = await sql.query<ClaimRow>({
    name: "claim-seats",
    text: `INSERT INTO sale.claim (deployment, event_id, seat, order_id, expires_at)
           SELECT $1, $2, seat, $4, date_trunc('milliseconds', now()) + $5 * interval '1 ms'
           FROM unnest($3::bigint[]) AS seat ORDER BY seat
           ON CONFLICT (deployment, event_id, seat) DO UPDATE
             SET order_id = EXCLUDED.order_id, expires_at = EXCLUDED.expires_at
             WHERE claim.expires_at <= now() OR claim.order_id = EXCLUDED.order_id
           RETURNING seat, issue`,
    values: [event.deployment, event.eventId, seats, orderId, ttlMs],
  });
  if (rows.length === seats.length) return rows.map(claimedSeat);
  const claimed = new Set(rows.map(({ seat }) => Number(seat)));
  throw seatsTaken(seats.filter((seat) => !claimed.has(seat)));
}

export function seatsTaken(seats: readonly SeatKey[]): Refusal {
  return new Refusal("hold/seat-taken", "Another order has one of these seats.", { seats });
}

/** Numbers whose order ended unpaid come first; the rest are numbers that nobody had yet. */
async function claimArea(sql: Sql, claim: Claim & AreaPlaces): Promise<ClaimedSeat[]> {
  const again = await claimEnded(sql, claim);
  const missing = claim.places - again.length;
  if (missing === 0) return again;
  const { deployment, eventId } = claim.event;
  const { rows } = await sql.query<{ last: number }>({
    name: "claim-area-serials",
    text: `UPDATE sale.area SET last_serial = last_serial + $4
           WHERE deployment = $1 AND event_id = $2 AND section = $3
             AND last_serial + $4 <= capacity
           RETURNING last_serial AS last`,
    values: [deployment, eventId, claim.area, missing],
  });
  const [row] = rows;
  if (row === undefined) {
    throw new Refusal("hold/area-full", "The area has too few places left.", { area: claim.area });
  }
  const fresh = Array.from({ length: missing }, (_, at) =>
    packAreaPlace({ section: claim.area, serial: row.last - missing + 1 + at }),
  );
  return [...again, ...(await claimSeats(sql, { ...claim, seats: fresh }))];
}

/** Rows that another order is just taking are skipped: there is no need to wait for any of them. */
async function claimEnded(sql: Sql, claim: Claim & AreaPlaces): Promise<ClaimedSeat[]> {
  const { event, orderId, ttlMs, area, places } = claim;
  const { rows } = await sql.query<ClaimRow>({
    name: "claim-ended-places",
    text: `WITH ended AS MATERIALIZED (
             SELECT seat FROM sale.claim
             WHERE deployment = $1 AND event_id = $2 AND seat >= $3 AND seat < $4
               AND expires_at <= now()
             ORDER BY seat LIMIT $5 FOR UPDATE SKIP LOCKED)
           UPDATE sale.claim SET order_id = $6,
             expires_at = date_trunc('milliseconds', now()) + $7 * interval '1 ms'
           FROM ended
           WHERE claim.deployment = $1 AND claim.event_id = $2 AND claim.seat = ended.seat
           RETURNING claim.seat, claim.issue`,
    values: [
      ...[event.deployment, event.eventId],
      packAreaPlace({ section: area, serial: 0 }),
      packAreaPlace({ section: area + 1, serial: 0 }),
      ...[places, orderId, ttlMs],
    ],
  });
  return rows.map(claimedSeat);
}

interface ClaimRow {
  seat: bigint;
  issue: number;
}

function claimedSeat({ seat, issue }: ClaimRow): ClaimedSeat {
  return { seat: Number(seat), issue };
}
