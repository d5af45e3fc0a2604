// Turns a hold into an order: from here Postgres decides whose the seats are (I1).
import { Refusal } from "../domain/failure.ts";
import { PUBLIC_CLASS } from "../domain/order.ts";
import { type EventRef, formatEventId, packTicketId, type SeatKey } from "../domain/ticket-id.ts";
import type { HoldDeps } from "../hold/hold-seats.ts";
import { loadClaims } from "../hold/load-claims.ts";
import { readHold } from "../hold/read-hold.ts";
import { requireOpen, requireSeats, type Sale } from "../hold/sale.ts";
import { showClaim } from "../hold/show-claim.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import { findStored, type KeyedRequest, once } from "../platform/db/keyed.ts";
import type { Log } from "../platform/log.ts";
import { randomId } from "../platform/random.ts";

export interface OrderDeps extends HoldDeps {
  db: Db;
  log: Log;
}

interface Wish {
  owner: `0x${string}`;
  key: string;
  event: EventRef;
  holdId: string;
}

interface Made {
  orderId: string;
  seats: SeatKey[];
  expiresAt: string;
}

/** Answers the order's id, the same one for every try with the same key. */
export async function createOrder(deps: OrderDeps, wish: Wish): Promise<string> {
  const { owner, key, event, holdId } = wish;
  const request = { owner, key, route: "createOrder", body: { event, holdId } };
  const stored = await findStored<Made>(deps.db, request);
  if (stored !== undefined) return stored.orderId;
  const { made, fresh } = await makeOnce(deps, wish, request);
  const { orderId, seats } = made;
  // Only whoever made it shows it: an old answer's claim may be over, and the seat somebody else's.
  if (fresh) {
    const claim = { event, orderId, owner, holdId, seats, expiresAt: new Date(made.expiresAt) };
    await showClaim(deps, claim).catch((err) => {
      deps.log.warn({ err, orderId }, "the claim is not shown yet; it holds all the same");
    });
  }
  return orderId;
}

async function makeOnce(
  deps: OrderDeps,
  wish: Wish,
  request: KeyedRequest,
): Promise<{ made: Made; fresh: boolean }> {
  const { owner, event, holdId } = wish;
  // Read before the transaction: one that asks the pool for more would starve it under load.
  const sale = await deps.readSale(event);
  requireOpen(sale, deps.clock);
  let seats: SeatKey[];
  try {
    ({ seats } = await readHold(deps, { event, holdId, owner }));
  } catch (error) {
    // The same request may just have made the order, and used the hold up with it.
    const made = await findStored<Made>(deps.db, request);
    if (made !== undefined) return { made, fresh: false };
    throw error;
  }
  let fresh = false;
  try {
    const made = await once<Made>(deps.db, request, async (sql) => {
      fresh = true;
      const orderId = randomId("ord");
      await requireWithinLimit(sql, { event, owner, adding: seats.length, sale });
      const expiresAt = await claimSeats(sql, { event, orderId, seats, ttlMs: sale.holdTtlMs });
      await insertOrder(sql, { orderId, owner, event, seats, sale, expiresAt });
      return { orderId, seats, expiresAt: expiresAt.toISOString() };
    });
    return { made, fresh };
  } catch (error) {
    // Redis leased what Postgres had given away, so it has missed something: show it again.
    if (error instanceof Refusal && error.code === "hold/seat-taken") {
      await loadClaims(deps, event).catch((err) => deps.log.warn({ err }, "claims are not shown"));
    }
    throw error;
  }
}

/** Unpaid orders count: without this, order after order would take the house for nothing. */
async function requireWithinLimit(
  sql: Sql,
  wish: { event: EventRef; owner: string; adding: number; sale: Sale },
): Promise<void> {
  const { event, owner, adding, sale } = wish;
  await sql.query({
    text: "SELECT pg_advisory_xact_lock(hashtextextended('limit:' || $1, 0))",
    values: [`${formatEventId(event)}:${owner}`],
  });
  const { rows } = await sql.query<{ unpaid: bigint }>({
    text: `SELECT count(*) AS unpaid FROM sale.order o JOIN sale.claim c ON c.order_id = o.id
           WHERE o.deployment = $1 AND o.event_id = $2 AND o.buyer = $3
             AND o.state = 'claimed' AND c.expires_at > now()`,
    values: [event.deployment, event.eventId, owner],
  });
  const unpaid = Number(rows[0]?.unpaid ?? 0n);
  if (unpaid + adding <= sale.seatsPerHold) return;
  const { seatsPerHold: limit } = sale;
  throw new Refusal("hold/limit-reached", `One person may have ${limit} unpaid seats here.`, {
    limit,
    held: unpaid,
  });
}

/**
 * Sorted, so that two orders never wait for each other in a circle; the wait is bounded by
 * lock_timeout.
 */
async function claimSeats(
  sql: Sql,
  claim: { event: EventRef; orderId: string; seats: SeatKey[]; ttlMs: number },
): Promise<Date> {
  const { event, orderId, ttlMs } = claim;
  const seats = [...claim.seats].sort((a, b) => a - b);
  const { rows } = await sql.query<{ seat: bigint; expires_at: Date }>({
    name: "claim-seats",
    text: `INSERT INTO sale.claim (deployment, event_id, seat, order_id, expires_at)
           SELECT $1, $2, seat, $4, date_trunc('milliseconds', now()) + $5 * interval '1 ms'
           FROM unnest($3::bigint[]) AS seat ORDER BY seat
           ON CONFLICT (deployment, event_id, seat) DO UPDATE
             SET order_id = EXCLUDED.order_id, expires_at = EXCLUDED.expires_at
             WHERE claim.expires_at <= now()
           RETURNING seat, expires_at`,
    values: [event.deployment, event.eventId, seats, orderId, ttlMs],
  });
  const [first] = rows;
  if (first === undefined || rows.length !== seats.length) {
    const claimed = new Set(rows.map(({ seat }) => Number(seat)));
    throw new Refusal("hold/seat-taken", "Another order has one of these seats.", {
      seats: seats.filter((seat) => !claimed.has(seat)),
    });
  }
  return first.expires_at;
}

async function insertOrder(
  sql: Sql,
  order: {
    orderId: string;
    owner: string;
    event: EventRef;
    seats: SeatKey[];
    sale: Sale;
    expiresAt: Date;
  },
): Promise<void> {
  const { orderId, owner, event, seats, sale, expiresAt } = order;
  const found = requireSeats(sale, seats);
  const total = found.reduce((sum, { price }) => sum + price, 0n);
  await sql.query({
    name: "insert-order",
    text: `INSERT INTO sale.order
             (id, deployment, event_id, buyer, state, currency, total, expires_at)
           VALUES ($1, $2, $3, $4, 'claimed', $5, $6, $7)`,
    values: [orderId, event.deployment, event.eventId, owner, sale.currency, total, expiresAt],
  });
  await sql.query({
    name: "insert-order-lines",
    text: `INSERT INTO sale.order_line (order_id, seat, ticket_id, class, unit_price, label)
           SELECT $1, seat, ticket_id, $2, price, label
           FROM unnest($3::bigint[], $4::bigint[], $5::numeric[], $6::text[])
             AS line (seat, ticket_id, price, label)`,
    values: [
      orderId,
      PUBLIC_CLASS,
      seats,
      seats.map((seat, at) =>
        packTicketId({ eventId: event.eventId, issue: found[at]?.issue ?? 0, seat }),
      ),
      found.map(({ price }) => price),
      found.map(({ label }) => label),
    ],
  });
}
