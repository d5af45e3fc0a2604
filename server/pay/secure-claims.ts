// Makes the seats an order's for good between authorisation and capture, or finds that one is gone.
import { assertInvariant, Fault, Refusal } from "../domain/failure.ts";
import type { PaymentState } from "../domain/order.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import { readLeases } from "../hold/read-leases.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import type { RedisClient } from "../platform/redis.ts";
import { type Leases, moveSeats } from "./move-seats.ts";
import type { PaymentProvider, ProviderPayment } from "./provider.ts";

/**
 * safe: the seats wait for this payment however long the capture takes. lost: a seat is somebody
 * else's and there is none like it, nothing may be charged. captured: another tab was quicker.
 * ended: this payment was given up or declined meanwhile.
 */
export type Security = "safe" | "lost" | "captured" | "ended";

interface Secured {
  id: string;
  orderId: string;
  providerRef: string;
}

/** Every try knows what was taken before it, so it is lost only to what came meanwhile. */
const MOVE_TRIES_MAX = 6;

/**
 * The same seats, else equal ones, else none: each is tried in a transaction of its own, so that
 * nothing waits for Redis or for another order's seats while it keeps others waiting.
 */
export async function secureClaims(
  deps: { db: Db; redis: RedisClient },
  payment: Secured,
): Promise<Security> {
  const { db } = deps;
  const same = await db.transaction((sql) => secure(sql, payment, keepSeats));
  if (same !== "gone") return same;
  for (let tried = 1; tried <= MOVE_TRIES_MAX; tried += 1) {
    const order = await readEventOf(db, payment.orderId);
    const leases = await readHints(deps, order.event);
    try {
      const moved = await db.transaction((sql) =>
        secure(sql, payment, () => moveSeats(sql, { ...order, leases })),
      );
      if (moved !== "gone") return moved;
      break;
    } catch (error) {
      if (!isQuickerElsewhere(error)) throw error;
    }
  }
  return db.transaction((sql) => giveUpSeats(sql, payment));
}

/** gone: not all of the seats could be had, and nothing was written. */
async function secure(
  sql: Sql,
  payment: Secured,
  take: (sql: Sql, orderId: string) => Promise<boolean>,
): Promise<Security | "gone"> {
  await lockOrder(sql, payment.orderId);
  const state = await readState(sql, payment.id);
  if (state === "captured") return "captured";
  // Authorised means that the seats were made safe; from there it only goes forward (I2).
  if (state === "authorised") return "safe";
  if (state !== "started") {
    // What is owed to the provider is written down first: telling it may fail.
    await write(sql, payment, { state: state ?? "voided", owesVoid: true });
    return "ended";
  }
  if (!(await take(sql, payment.orderId))) return "gone";
  await write(sql, payment, { state: "authorised", owesVoid: false });
  return "safe";
}

async function giveUpSeats(sql: Sql, payment: Secured): Promise<Security> {
  const last = await secure(sql, payment, keepSeats);
  if (last !== "gone") return last;
  await write(sql, payment, { state: "voided", owesVoid: true });
  return "lost";
}

async function write(
  sql: Sql,
  { id, providerRef }: Secured,
  { state, owesVoid }: { state: PaymentState; owesVoid: boolean },
): Promise<void> {
  await sql.query({
    text: `UPDATE sale.payment SET state = $2, provider_ref = $3, owes_void = $4,
                  updated_at = now()
           WHERE id = $1`,
    values: [id, state, providerRef, owesVoid],
  });
}

async function readEventOf(
  sql: Sql,
  orderId: string,
): Promise<{ orderId: string; event: EventRef }> {
  const { rows } = await sql.query<EventRef>({
    text: `SELECT deployment, event_id AS "eventId" FROM sale.order WHERE id = $1`,
    values: [orderId],
  });
  const [event] = rows;
  assertInvariant(event !== undefined, "a payment belongs to an order");
  return { orderId, event };
}

/** Who holds a seat is not disturbed while another one does as well; without Redis nobody holds. */
async function readHints(deps: { db: Db; redis: RedisClient }, event: EventRef): Promise<Leases> {
  try {
    const leases = await readLeases(deps, event);
    return new Map(leases.map(({ seat, expiresMs }) => [seat, expiresMs]));
  } catch (error) {
    if (error instanceof Fault) return new Map();
    throw error;
  }
}

function isQuickerElsewhere(error: unknown): boolean {
  return (
    error instanceof Refusal &&
    (error.code === "hold/seat-taken" || error.code === "hold/area-full")
  );
}

/** Tells the provider that nothing is to come of a payment which ended here. */
export async function voidEnded(
  { db, provider }: { db: Db; provider: PaymentProvider },
  payment: ProviderPayment,
): Promise<void> {
  await provider.void(payment);
  await db.query({
    text: "UPDATE sale.payment SET owes_void = false, updated_at = now() WHERE id = $1",
    values: [payment.paymentId],
  });
}

/** A capture that was refused for good: the seats are the order's for as long as it had anyway. */
export async function giveUpCapture(
  db: Db,
  payment: { id: string; orderId: string },
): Promise<void> {
  await db.transaction(async (sql) => {
    await lockOrder(sql, payment.orderId);
    const { rowCount } = await sql.query({
      text: `UPDATE sale.payment SET state = 'declined', updated_at = now()
             WHERE id = $1 AND state = 'authorised'`,
      values: [payment.id],
    });
    if (rowCount === 0) return;
    await sql.query({
      text: `UPDATE sale.claim SET expires_at = o.expires_at FROM sale.order o
             WHERE o.id = $1 AND claim.order_id = o.id`,
      values: [payment.orderId],
    });
  });
}

/** Every step of an order's payment takes this lock first, so that they come one after another. */
async function lockOrder(sql: Sql, orderId: string): Promise<void> {
  await sql.query({ text: "SELECT 1 FROM sale.order WHERE id = $1 FOR UPDATE", values: [orderId] });
}

async function readState(sql: Sql, id: string): Promise<PaymentState | undefined> {
  const { rows } = await sql.query<{ state: PaymentState }>({
    text: "SELECT state FROM sale.payment WHERE id = $1 FOR UPDATE",
    values: [id],
  });
  return rows[0]?.state;
}

/** A row with our order in it is ours, also when its time is over and nobody came. */
export async function keepSeats(sql: Sql, orderId: string): Promise<boolean> {
  const { rows } = await sql.query<{ safe: boolean }>({
    // What a line was moved away from may still name the order; in order, as all claims are locked.
    text: `WITH ours AS (
             SELECT claim.seat FROM sale.claim
             JOIN sale.order_line line ON line.order_id = $1 AND line.seat = claim.seat
             WHERE claim.order_id = $1 ORDER BY claim.seat FOR UPDATE OF claim)
           SELECT (SELECT count(*) FROM ours)
                = (SELECT count(*) FROM sale.order_line WHERE order_id = $1) AS safe`,
    values: [orderId],
  });
  if (rows[0]?.safe !== true) return false;
  await sql.query({
    text: `UPDATE sale.claim SET expires_at = 'infinity'
           FROM sale.order_line line
           WHERE claim.order_id = $1 AND line.order_id = $1 AND line.seat = claim.seat`,
    values: [orderId],
  });
  return true;
}
