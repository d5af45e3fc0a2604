// What a hold must know of an event: whether it is on sale, its limits, and the price of each seat.
import { Refusal } from "../domain/failure.ts";
import { type EventRef, formatEventId, type SeatKey } from "../domain/ticket-id.ts";
import type { Chains } from "../platform/chain.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";

export interface Sale {
  currency: string;
  holdTtlMs: number;
  seatsPerHold: number;
  startsAt: Date;
  seats: ReadonlyMap<SeatKey, SaleSeat>;
}

export interface SaleSeat {
  price: bigint;
  label: string;
  issue: number;
}

interface EventRow {
  currency: string;
  hold_ttl_ms: number;
  seats_per_hold: number;
  starts_at: Date;
}

interface SeatRow {
  seat: bigint;
  price: bigint;
  label: string;
  issue: number;
}

/**
 * A published plan does not change, but its sale does; this long a closed sale may still hold
 * seats.
 */
const CACHE_TTL_MS = 5_000;

export type ReadSale = (event: EventRef) => Promise<Sale>;

/**
 * Reads through a small cache: in a drop the same event is asked for thousands of times a second.
 */
export function createSaleReader({
  db,
  clock,
  chains,
}: {
  db: Sql;
  clock: Clock;
  chains: Chains;
}): ReadSale {
  const cache = new Map<string, { sale: Promise<Sale>; readAtMs: number }>();
  return async (event) => {
    // Nobody here could mint what was sold of a contract that is not configured.
    if (!chains.has(event.deployment)) throw noSuchEvent(event);
    const key = formatEventId(event);
    const cached = cache.get(key);
    if (cached !== undefined && clock.monotonicMs() - cached.readAtMs < CACHE_TTL_MS) {
      return cached.sale;
    }
    const sale = readSale(db, event);
    cache.set(key, { sale, readAtMs: clock.monotonicMs() });
    // A failed read, or an id that is no event, must not be remembered.
    sale.catch(() => cache.delete(key));
    return sale;
  };
}

async function readSale(db: Sql, event: EventRef): Promise<Sale> {
  const values = [event.deployment, event.eventId];
  const { rows } = await db.query<EventRow>({
    name: "sale-event",
    text: `SELECT currency, hold_ttl_ms, seats_per_hold, starts_at FROM sale.event
           WHERE deployment = $1 AND id = $2 AND state = 'published'`,
    values,
  });
  const row = rows[0];
  if (row === undefined) throw noSuchEvent(event);
  const seats = await db.query<SeatRow>({
    name: "sale-seats",
    text: `SELECT s.seat, c.price, s.issue,
                  s.section || ', row ' || s.row || ', seat ' || s.number AS label
           FROM sale.seat s
           JOIN sale.category c ON c.deployment = s.deployment AND c.event_id = s.event_id
                               AND c.id = s.category_id
           WHERE s.deployment = $1 AND s.event_id = $2`,
    values,
  });
  return {
    currency: row.currency,
    holdTtlMs: row.hold_ttl_ms,
    seatsPerHold: row.seats_per_hold,
    startsAt: row.starts_at,
    seats: new Map(
      seats.rows.map(({ seat, price, label, issue }) => [Number(seat), { price, label, issue }]),
    ),
  };
}

function noSuchEvent(event: EventRef): Refusal {
  return new Refusal("request/not-found", `There is no event ${formatEventId(event)}.`);
}

export function requireOpen(sale: Sale, clock: Clock): void {
  if (sale.startsAt.getTime() <= clock.now().getTime()) {
    throw new Refusal("hold/sale-closed", "This event has begun; its sale is closed.");
  }
}

export function requireSeats(sale: Sale, seats: readonly SeatKey[]): SaleSeat[] {
  return seats.map((seat) => {
    const found = sale.seats.get(seat);
    if (found === undefined) {
      throw new Refusal("request/not-found", `The event has no seat ${seat}.`, { seat });
    }
    return found;
  });
}
