// Finds payments and orders that were left half way by a crash, and brings each to an end.
import { Bug } from "../domain/failure.ts";
import type { Db } from "../platform/db/client.ts";
import { announceOrders } from "../queue/announce-orders.ts";
import type { Payment } from "./begin-payment.ts";
import { postCapture } from "./post-capture.ts";
import { announce, captureSafely, type PayDeps } from "./take-payment.ts";

/** Longer than any request lives, so that the sweep never races the request that it repairs. */
const ABANDONED_AFTER_MS = 30_000;
const PAYMENTS_PER_SWEEP = 100;
const ORDERS_PER_SWEEP = 500;

export async function sweepPayments(deps: PayDeps): Promise<{ resumed: number; voided: number }> {
  let resumed = 0;
  let voided = 0;
  for (const payment of await findAbandoned(deps.db, deps.provider.name)) {
    try {
      if (await resume(deps, payment)) resumed += 1;
      else voided += 1;
    } catch (err) {
      if (err instanceof Bug) throw err;
      // One that cannot be ended now must not keep the others waiting.
      deps.log.warn({ err, paymentId: payment.id }, "a payment stays open");
    }
  }
  return { resumed, voided };
}

/** Orders whose time is over without a live payment; their claims have ended by themselves. */
export async function expireOrders({ db }: { db: Db }): Promise<number> {
  return db.transaction(async (sql) => {
    const { rows } = await sql.query<{ id: string }>({
      text: `UPDATE sale.order SET state = 'expired' WHERE id IN (
               SELECT o.id FROM sale.order o
               WHERE o.state = 'claimed' AND o.expires_at <= now() AND NOT EXISTS (
                 SELECT 1 FROM sale.payment p
                 WHERE p.order_id = o.id AND p.state IN ('started', 'authorised', 'captured'))
               ORDER BY o.expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
             RETURNING id`,
      values: [ORDERS_PER_SWEEP],
    });
    await announceOrders(sql, { type: "order.expired", orderIds: rows.map(({ id }) => id) });
    return rows.length;
  });
}

async function findAbandoned(db: Db, provider: string): Promise<Payment[]> {
  const { rows } = await db.query<Payment>({
    text: `SELECT * FROM sale.payment
           WHERE provider = $1 AND state IN ('started', 'authorised')
             AND updated_at < now() - $2 * interval '1 ms'
           ORDER BY updated_at LIMIT $3`,
    values: [provider, ABANDONED_AFTER_MS, PAYMENTS_PER_SWEEP],
  });
  return rows;
}

/**
 * True when the money was captured and the order paid; false when the authorisation was given back.
 */
async function resume(deps: PayDeps, payment: Payment): Promise<boolean> {
  const { id: paymentId, order_id: orderId, provider_ref: providerRef } = payment;
  if (payment.state === "authorised" && providerRef !== null) {
    const ending = await captureSafely(deps, { paymentId, orderId, providerRef });
    if (ending !== "captured") return false;
    await announce(deps, await deps.db.transaction((sql) => postCapture(sql, payment)));
    return true;
  }
  // We never learned what the provider answered; ending what may not exist is safe.
  await deps.provider.void({ paymentId, providerRef });
  await deps.db.query({
    text: `UPDATE sale.payment SET state = 'voided', updated_at = now()
           WHERE id = $1 AND state = 'started'`,
    values: [paymentId],
  });
  return false;
}
