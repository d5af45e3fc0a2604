// Claims the places of orders in Postgres, which decides whose they are (I1).
import { Refusal } from "../domain/failure.ts";
import { type EventRef, packAreaPlace, type SeatKey } from "../domain/ticket-id.ts";
import type { AreaPlaces, Places } from "../hold/places.ts";
import type { Sql } from "../platform/db/client.ts";

export interface Claim {
  event: EventRef;
  orderId: string;
  ttlMs: number;
  places: Places;
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

type OfArea = Omit<Claim, "places"> & AreaPlaces;

/**
 * Of an order that has some of them already, those stay its own. Areas before seats and each in
 * order, so that two transactions never wait for each other in a circle; the wait is bounded by
 * lock_timeout. What one order cannot have fails them all.
 */
export async function claimPlaces(sql: Sql, claims: readonly Claim[]): Promise<Claimed[]> {
  const claimed = claims.map((): ClaimRow[] => []);
  for (const [at, claim] of areasInOrder(claims)) {
    claimed[at]?.push(...(await claimArea(sql, claim)));
  }
  const seats = await claimSeats(
    sql,
    claims.map(({ places, ...claim }) => ({ ...claim, seats: places.seats })),
  );
  return claims.map(({ orderId }, at) => {
    const areaSeats = claimed[at] ?? [];
    const planSeats = seats.get(orderId) ?? [];
    const ends = [...areaSeats, ...planSeats].map(({ expires_at }) => expires_at.getTime());
    return {
      seats: planSeats.map(claimedSeat),
      areaSeats: areaSeats.map(claimedSeat),
      expiresAt: new Date(ends.length === 0 ? 0 : Math.min(...ends)),
    };
  });
}

/** Which claim of which area, by area. */
function areasInOrder(claims: readonly Claim[]): (readonly [number, OfArea])[] {
  return claims
    .flatMap(({ places, ...claim }, at) =>
      places.areas.map((area) => [at, { ...claim, ...area }] as const),
    )
    .sort(([, a], [, b]) => a.area - b.area);
}

type OfSeats = Omit<Claim, "places"> & { seats: readonly SeatKey[] };

async function claimSeats(sql: Sql, claims: readonly OfSeats[]): Promise<Map<string, SeatRow[]>> {
  const wanted = claims.flatMap(({ seats, event, ...claim }) =>
    seats.map((seat) => ({ seat, ...event, ...claim })),
  );
  if (wanted.length === 0) return new Map();
  const { rows } = await sql.query<SeatRow>({
    name: "claim-seats",
    text: `INSERT INTO sale.claim (deployment, event_id, seat, order_id, expires_at)
           SELECT deployment, event_id, seat, order_id,
                  date_trunc('milliseconds', now()) + ttl_ms * interval '1 ms'
           FROM unnest($1::smallint[], $2::int[], $3::bigint[], $4::text[], $5::int[])
             AS given (deployment, event_id, seat, order_id, ttl_ms)
           ORDER BY deployment, event_id, seat
           ON CONFLICT (deployment, event_id, seat) DO UPDATE
             SET order_id = EXCLUDED.order_id, expires_at = EXCLUDED.expires_at
             WHERE claim.expires_at <= now() OR claim.order_id = EXCLUDED.order_id
           RETURNING order_id, seat, issue, expires_at`,
    values: [
      wanted.map(({ deployment }) => deployment),
      wanted.map(({ eventId }) => eventId),
      wanted.map(({ seat }) => seat),
      wanted.map(({ orderId }) => orderId),
      wanted.map(({ ttlMs }) => ttlMs),
    ],
  });
  const claimed = Map.groupBy(rows, ({ order_id }) => order_id);
  for (const { orderId, seats } of claims) requireAll(seats, claimed.get(orderId) ?? []);
  return claimed;
}

function requireAll(wanted: readonly SeatKey[], rows: readonly ClaimRow[]): void {
  if (rows.length === wanted.length) return;
  const claimed = new Set(rows.map(({ seat }) => Number(seat)));
  throw seatsTaken(wanted.filter((seat) => !claimed.has(seat)).sort((a, b) => a - b));
}

export function seatsTaken(seats: readonly SeatKey[]): Refusal {
  return new Refusal("hold/seat-taken", "Another order has one of these seats.", { seats });
}

/** Numbers whose order ended unpaid come first; the rest are numbers that nobody had yet. */
async function claimArea(sql: Sql, claim: OfArea): Promise<ClaimRow[]> {
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
  const seats = Array.from({ length: missing }, (_, at) =>
    packAreaPlace({ section: claim.area, serial: row.last - missing + 1 + at }),
  );
  const fresh = await claimSeats(sql, [{ ...claim, seats }]);
  return [...again, ...(fresh.get(claim.orderId) ?? [])];
}

/** Rows that another order is just taking are skipped: there is no need to wait for any of them. */
async function claimEnded(sql: Sql, claim: OfArea): Promise<ClaimRow[]> {
  const { event, orderId, ttlMs, area, places } = claim;
  const { rows } = await sql.query<ClaimRow>({
    name: "claim-ended-places",
    text: `WITH ended AS MATERIALIZED (
             SELECT seat FROM sale.claim
             WHERE deployment = $1 AND event_id = $2 AND seat >= $3 AND seat < $4
               AND expires_at <= now() AND expires_at < 'infinity'
             ORDER BY seat LIMIT $5 FOR UPDATE SKIP LOCKED)
           UPDATE sale.claim SET order_id = $6,
             expires_at = date_trunc('milliseconds', now()) + $7 * interval '1 ms'
           FROM ended
           WHERE claim.deployment = $1 AND claim.event_id = $2 AND claim.seat = ended.seat
           RETURNING claim.seat, claim.issue, claim.expires_at`,
    values: [
      ...[event.deployment, event.eventId],
      packAreaPlace({ section: area, serial: 0 }),
      packAreaPlace({ section: area + 1, serial: 0 }),
      ...[places, orderId, ttlMs],
    ],
  });
  return rows;
}

interface ClaimRow {
  seat: bigint;
  issue: number;
  expires_at: Date;
}

interface SeatRow extends ClaimRow {
  order_id: string;
}

function claimedSeat({ seat, issue }: ClaimRow): ClaimedSeat {
  return { seat: Number(seat), issue };
}
