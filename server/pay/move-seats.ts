// Moves an order to equal seats where somebody else has its own meanwhile, by the rules of every claim (I1).
import { findEqualSeats, type Offer } from "../domain/equal-seats.ts";
import { type EventRef, packTicketId, type SeatKey, unpackAreaPlace } from "../domain/ticket-id.ts";
import type { AreaPlaces } from "../hold/places.ts";
import type { Sql } from "../platform/db/client.ts";
import { type Claimed, type ClaimedSeat, claimPlaces, seatsTaken } from "./claim-places.ts";

/** Until the end of this very transaction, which makes the claims last. */
const CLAIM_TTL_MS = 60_000;

/** seat → until when somebody holds it; what Redis knows of it, and no more than a hint. */
export type Leases = ReadonlyMap<SeatKey, number>;

interface LateOrder {
  orderId: string;
  event: EventRef;
  leases: Leases;
}

interface Line {
  seat: bigint;
  class: number;
  isOurs: boolean;
  /** Another order had it, whose time is over. */
  isFree: boolean;
  /** Set for a place of an area. */
  area: number | null;
  areaName: string | null;
}

interface OfferRow extends Omit<Offer, "seat"> {
  seat: bigint;
  label: string;
}

interface Move {
  from: SeatKey;
  to: ClaimedSeat;
  label: string;
}

/**
 * Under the order's lock. False where there is nothing equal, and nothing is changed then; a
 * refusal where somebody was quicker, and a look at what is left now may find something.
 */
export async function moveSeats(sql: Sql, order: LateOrder): Promise<boolean> {
  const nowMs = await readSaleTime(sql, order.event);
  if (nowMs === undefined) return false;
  const lines = await readLines(sql, order);
  const places = lines.filter(({ area }) => area === null);
  const offers = await readOffers(sql, order, { nowMs, places });
  const moves = movesOf(offers, places);
  if (moves === undefined) return false;
  const seats = places.map((line) => Number(line.seat));
  const standing = lines.filter(({ area }) => area !== null);
  // Places of areas before seats, as every order claims them: nobody waits in a circle.
  await keepOwnPlaces(sql, order, standing);
  const claim = {
    ...{ event: order.event, orderId: order.orderId, ttlMs: CLAIM_TTL_MS },
    places: {
      seats: seats.map((seat) => moves.get(seat) ?? seat),
      areas: countLost(standing),
    },
  };
  const [claimed] = (await claimPlaces(sql, [claim])) as [Claimed];
  await writeMoves(sql, order, [
    ...seats.map((from) => seatMove({ from, to: moves.get(from) ?? from }, claimed.seats, offers)),
    ...standingMoves(standing, claimed.areaSeats),
  ]);
  await sql.query({
    text: `UPDATE sale.claim SET expires_at = 'infinity'
           FROM sale.order_line line
           WHERE claim.order_id = $1 AND line.order_id = $1 AND line.seat = claim.seat`,
    values: [order.orderId],
  });
  return true;
}

/** Once an event is cancelled or has begun, nobody is given another seat; undefined then. */
async function readSaleTime(sql: Sql, event: EventRef): Promise<number | undefined> {
  const { rows } = await sql.query<{ now_ms: number }>({
    text: `SELECT (extract(epoch FROM now()) * 1000)::float8 AS now_ms FROM sale.event
           WHERE deployment = $1 AND id = $2 AND state = 'published' AND starts_at > now()`,
    values: [event.deployment, event.eventId],
  });
  return rows[0]?.now_ms;
}

async function readLines(sql: Sql, { orderId, event }: LateOrder): Promise<Line[]> {
  const { rows } = await sql.query<Line>({
    text: `SELECT line.seat, line.class, coalesce(claim.order_id = $1, false) AS "isOurs",
                  coalesce(claim.expires_at <= now(), false) AS "isFree",
                  area.section AS area, area.name AS "areaName"
           FROM sale.order_line line
           LEFT JOIN sale.claim ON claim.deployment = $2 AND claim.event_id = $3
                               AND claim.seat = line.seat
           LEFT JOIN sale.area ON area.deployment = $2 AND area.event_id = $3
                              AND area.section = line.seat >> 24
           WHERE line.order_id = $1 ORDER BY line.seat`,
    values: [orderId, event.deployment, event.eventId],
  });
  return rows;
}

/** All seats of the sections concerned; those on their way to another class are nobody's now. */
async function readOffers(
  sql: Sql,
  { orderId, event, leases }: LateOrder,
  { nowMs, places }: { nowMs: number; places: readonly Line[] },
): Promise<(Offer & { label: string })[]> {
  const sections = new Set(places.map(({ seat }) => Number(seat >> 24n)));
  const { rows } = await sql.query<OfferRow>({
    text: `SELECT s.seat, s.category_id AS category, s.class, s.access, c.price, s.rank, s.x, s.y,
                  s.section || ', row ' || s.row || ', seat ' || s.number AS label,
                  coalesce(claim.order_id <> $4 AND claim.expires_at > now(), false)
                    OR EXISTS (SELECT 1 FROM sale.class_release release
                               WHERE release.deployment = $1 AND release.event_id = $2
                                 AND release.state <> 'done'
                                 AND s.seat = ANY (release.seats)) AS "isTaken",
                  EXISTS (SELECT 1 FROM sale.payment p
                          WHERE p.order_id = claim.order_id AND p.order_id <> $4
                            AND p.state IN ('started', 'authorised')) AS "isWanted"
           FROM unnest($3::bigint[]) AS given (section)
           JOIN sale.seat s ON s.deployment = $1 AND s.event_id = $2
             AND s.seat >= given.section << 24 AND s.seat < (given.section + 1) << 24
           JOIN sale.category c ON c.deployment = $1 AND c.event_id = $2 AND c.id = s.category_id
           LEFT JOIN sale.claim ON claim.deployment = $1 AND claim.event_id = $2
                               AND claim.seat = s.seat`,
    values: [event.deployment, event.eventId, [...sections], orderId],
  });
  return rows.map(({ seat, isWanted, ...row }) => {
    const key = Number(seat);
    return { ...row, seat: key, isWanted: isWanted || (leases.get(key) ?? 0) > nowMs };
  });
}

function movesOf(
  offers: readonly Offer[],
  places: readonly Line[],
): Map<SeatKey, SeatKey> | undefined {
  const ordered = places.map((line) => ({
    ...{ seat: Number(line.seat), class: line.class, isLost: !line.isOurs && !line.isFree },
  }));
  return findEqualSeats(offers, ordered);
}

/** Numbers that the order still has must not be taken for free ones by its own claim. */
async function keepOwnPlaces(
  sql: Sql,
  { orderId }: LateOrder,
  standing: readonly Line[],
): Promise<void> {
  const own = standing.filter(({ isOurs }) => isOurs).map(({ seat }) => seat);
  if (own.length === 0) return;
  const { rowCount } = await sql.query({
    text: `UPDATE sale.claim SET expires_at = 'infinity'
           WHERE order_id = $1 AND seat = ANY ($2)`,
    values: [orderId, own],
  });
  if (rowCount !== own.length) throw seatsTaken([]);
}

function countLost(standing: readonly Line[]): AreaPlaces[] {
  const counts = new Map<number, number>();
  for (const { area, isOurs } of standing) {
    if (area !== null && !isOurs) counts.set(area, (counts.get(area) ?? 0) + 1);
  }
  return [...counts].map(([area, places]) => ({ area, places }));
}

/** Also of a seat that stays: while it was another's, its ticket may have got its next issue. */
function seatMove(
  { from, to: seat }: { from: SeatKey; to: SeatKey },
  claimed: readonly ClaimedSeat[],
  offers: readonly { seat: SeatKey; label: string }[],
): Move {
  const to = claimed.find((each) => each.seat === seat) as ClaimedSeat;
  const label = offers.find((each) => each.seat === seat)?.label ?? "";
  return { from, to, label };
}

function standingMoves(standing: readonly Line[], claimed: readonly ClaimedSeat[]): Move[] {
  const left = [...claimed];
  return standing
    .filter(({ isOurs }) => !isOurs)
    .map(({ seat, area, areaName }) => {
      const at = left.findIndex((each) => unpackAreaPlace(each.seat).section === area);
      const [to] = left.splice(at, 1) as [ClaimedSeat];
      const label = `${areaName}, place ${unpackAreaPlace(to.seat).serial}`;
      return { from: Number(seat), to, label };
    });
}

/** The price stays as it was fixed; where a place was first is remembered for its fan. */
async function writeMoves(
  sql: Sql,
  { orderId, event: { eventId } }: LateOrder,
  moves: readonly Move[],
): Promise<void> {
  await sql.query({
    text: `UPDATE sale.order_line SET seat = given.seat, ticket_id = given.ticket_id,
                  label = given.label,
                  moved_from = CASE WHEN given.seat = given.was THEN moved_from
                                    ELSE coalesce(moved_from, order_line.label) END,
                  moved_from_seat = CASE WHEN given.seat = given.was THEN moved_from_seat
                                         ELSE coalesce(moved_from_seat, order_line.seat) END,
                  moved_at = CASE WHEN given.seat = given.was THEN moved_at ELSE now() END
           FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
             AS given (was, seat, ticket_id, label)
           WHERE order_line.order_id = $1 AND order_line.seat = given.was`,
    values: [
      orderId,
      moves.map(({ from }) => from),
      moves.map(({ to }) => to.seat),
      moves.map(({ to }) => packTicketId({ eventId, ...to })),
      moves.map(({ label }) => label),
    ],
  });
}
