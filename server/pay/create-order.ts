// Turns a hold into an order: from here Postgres decides whose the seats are (I1).
import { Refusal } from "../domain/failure.ts";
import { PUBLIC_CLASS } from "../domain/order.ts";
import { type EventRef, packTicketId, type SeatKey } from "../domain/ticket-id.ts";
import type { HoldDeps } from "../hold/hold-seats.ts";
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
  const made = (await findStored<Made>(deps.db, request)) ?? (await makeOnce(deps, wish, request));
  const { orderId, seats } = made;
  const expiresAt = new Date(made.expiresAt);
  try {
    await showClaim(deps, { event, orderId, owner, holdId, seats, expiresAt });
  } catch (err) {
    deps.log.warn({ err, orderId }, "the claim is not shown yet; it holds all the same");
  }
  return orderId;
}

async function makeOnce(deps: OrderDeps, wish: Wish, request: KeyedRequest): Promise<Made> {
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
    if (made !== undefined) return made;
    throw error;
  }
  return once<Made>(deps.db, request, async (sql) => {
    const orderId = randomId("ord");
    const expiresAt = await claimSeats(sql, { event, orderId, seats, ttlMs: sale.holdTtlMs });
    await insertOrder(sql, { orderId, owner, event, seats, sale, expiresAt });
    return { orderId, seats, expiresAt: expiresAt.toISOString() };
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
