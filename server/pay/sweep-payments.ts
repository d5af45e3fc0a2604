// Finds payments and orders that were left half way by a crash or a fan, and brings each to an end.
import { Bug } from "../domain/failure.ts";
import type { Db } from "../platform/db/client.ts";
import { announceOrders } from "../queue/announce-orders.ts";
import { tellWallets } from "../queue/tell-wallets.ts";
import type { Payment } from "./begin-payment.ts";
import { settlePayment } from "./settle-payment.ts";
import type { PayDeps } from "./take-payment.ts";

/** Longer than any request lives, so that the sweep never races the request that it repairs. */
const ABANDONED_AFTER_MS = 30_000;
const PAYMENTS_PER_SWEEP = 100;
/** A provider answers in a few tenths of a second; all of a sweep take a few seconds. */
const AT_ONCE = 10;
const ORDERS_PER_SWEEP = 500;

export async function sweepPayments(deps: PayDeps): Promise<{ resumed: number; voided: number }> {
  const counts = { resumed: 0, voided: 0 };
  const found = await findAbandoned(deps.db, deps.provider.name);
  for (let at = 0; at < found.length; at += AT_ONCE) {
    await Promise.all(
      found.slice(at, at + AT_ONCE).map(async ({ lapsed, ...payment }) => {
        try {
          const ending = await settlePayment(deps, payment, { lapsed });
          if (ending === "captured") counts.resumed += 1;
          if (ending === "ended") counts.voided += 1;
        } catch (err) {
          if (err instanceof Bug) throw err;
          // One that cannot be ended now must not keep the others waiting: its turn comes last.
          await deps.db.query({
            text: "UPDATE sale.payment SET updated_at = now() WHERE id = $1",
            values: [payment.id],
          });
          deps.log.warn({ err, paymentId: payment.id }, "a payment stays open");
        }
      }),
    );
  }
  return counts;
}

/** No payment of the order o may still become money, or has. */
const UNPAID = `NOT EXISTS (SELECT 1 FROM sale.payment p
    WHERE p.order_id = o.id AND p.state IN ('started', 'authorised', 'captured'))`;

/** Orders whose time is over without a live payment; their claims have ended by themselves. */
export async function expireOrders({ db }: { db: Db }): Promise<number> {
  return db.transaction(async (sql) => {
    const { rows: found } = await sql.query<{ id: string }>({
      text: `SELECT o.id FROM sale.order o
             WHERE o.state = 'claimed' AND o.expires_at <= now() AND ${UNPAID}
             ORDER BY o.expires_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
      values: [ORDERS_PER_SWEEP],
    });
    if (found.length === 0) return 0;
    // A payment that began between the look and the lock is seen only by a second look: a lock
    // shows what became of its own row, and an order's is not changed by its payment's beginning.
    const { rows } = await sql.query<{ id: string }>({
      text: `UPDATE sale.order o SET state = 'expired' WHERE o.id = ANY ($1) AND ${UNPAID}
             RETURNING o.id`,
      values: [found.map(({ id }) => id)],
    });
    const orderIds = rows.map(({ id }) => id);
    await announceOrders(sql, { type: "order.expired", orderIds });
    await tellWallets(sql, { kind: "order-expired", orderIds });
    return rows.length;
  });
}

/** Also at once what waits for a fan whose time is over: nobody may pay it any more. */
async function findAbandoned(db: Db, provider: string): Promise<(Payment & { lapsed: boolean })[]> {
  const { rows } = await db.query<Payment & { lapsed: boolean }>({
    text: `SELECT p.*, o.expires_at <= now() AS lapsed
           FROM sale.payment p JOIN sale.order o ON o.id = p.order_id
           WHERE p.provider = $1
             AND (p.state IN ('started', 'authorised')
                    AND p.updated_at < now() - $2 * interval '1 ms'
                  OR p.state = 'started' AND p.provider_ref IS NOT NULL
                    AND o.expires_at <= now()
                  OR p.owes_void)
           ORDER BY lapsed DESC, p.updated_at LIMIT $3`,
    values: [provider, ABANDONED_AFTER_MS, PAYMENTS_PER_SWEEP],
  });
  return rows;
}
