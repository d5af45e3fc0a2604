// Makes the seats an order's for good between authorisation and capture, or finds that one is gone.
import type { PaymentState } from "../domain/order.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import type { PaymentProvider, ProviderPayment } from "./provider.ts";

/**
 * safe: the seats wait for this payment however long the capture takes. lost: a seat is somebody
 * else's, nothing may be charged. captured: another tab was quicker. ended: this payment was given
 * up or declined meanwhile.
 */
export type Security = "safe" | "lost" | "captured" | "ended";

export async function secureClaims(
  db: Db,
  payment: { id: string; orderId: string; providerRef: string },
): Promise<Security> {
  return db.transaction(async (sql) => {
    await lockOrder(sql, payment.orderId);
    const state = await readState(sql, payment.id);
    if (state === "captured") return "captured";
    // Authorised means that the seats were made safe; from there it only goes forward (I2).
    if (state === "authorised") return "safe";
    const isOpen = state === "started";
    const safe = isOpen && (await keepSeats(sql, payment.orderId));
    // What is owed to the provider is written down first: telling it may fail.
    await sql.query({
      text: `UPDATE sale.payment SET state = $2, provider_ref = $3, owes_void = $4,
                    updated_at = now()
             WHERE id = $1`,
      values: [
        payment.id,
        safe ? "authorised" : isOpen ? "voided" : state,
        ...[payment.providerRef, !safe],
      ],
    });
    if (!isOpen) return "ended";
    return safe ? "safe" : "lost";
  });
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
    text: `WITH ours AS (SELECT seat FROM sale.claim WHERE order_id = $1 FOR UPDATE)
           SELECT (SELECT count(*) FROM ours)
                = (SELECT count(*) FROM sale.order_line WHERE order_id = $1) AS safe`,
    values: [orderId],
  });
  if (rows[0]?.safe !== true) return false;
  await sql.query({
    text: "UPDATE sale.claim SET expires_at = 'infinity' WHERE order_id = $1",
    values: [orderId],
  });
  return true;
}
