// Makes sure, between authorisation and capture, that the order still has every one of its seats.
import type { PaymentState } from "../domain/order.ts";
import type { Db, Sql } from "../platform/db/client.ts";

/**
 * Long enough for the capture and its retries; a crash in between gives the seats back after it.
 */
const CAPTURE_WINDOW_MS = 120_000;

/** safe: capture now. lost: a seat is gone, charge nothing. captured: another tab was quicker. */
export type Security = "safe" | "lost" | "captured";

export async function secureClaims(
  db: Db,
  payment: { id: string; orderId: string; providerRef: string },
): Promise<Security> {
  return db.transaction(async (sql) => {
    await sql.query({
      text: "SELECT 1 FROM sale.order WHERE id = $1 FOR UPDATE",
      values: [payment.orderId],
    });
    const { rows } = await sql.query<{ safe: boolean }>({
      text: `WITH kept AS (
               UPDATE sale.claim
               SET expires_at = greatest(expires_at, now() + $2 * interval '1 ms')
               WHERE order_id = $1 AND expires_at > now() RETURNING seat)
             SELECT (SELECT count(*) FROM kept)
                  = (SELECT count(*) FROM sale.order_line WHERE order_id = $1) AS safe`,
      values: [payment.orderId, CAPTURE_WINDOW_MS],
    });
    const safe = rows[0]?.safe === true;
    const state = await moveOn(sql, payment, safe ? "authorised" : "voided");
    if (state === "captured") return "captured";
    // Ended by the sweep meanwhile: an authorisation that was given back must not be captured.
    return safe && state === "authorised" ? "safe" : "lost";
  });
}

/** Moves a payment that is still open; one that has ended stays. Answers where it is now. */
async function moveOn(
  sql: Sql,
  payment: { id: string; providerRef: string },
  to: "authorised" | "voided",
): Promise<PaymentState | undefined> {
  const { rows } = await sql.query<{ state: PaymentState }>({
    text: `UPDATE sale.payment
           SET state = CASE WHEN state IN ('started', 'authorised') THEN $2 ELSE state END,
               provider_ref = coalesce(provider_ref, $3), updated_at = now()
           WHERE id = $1 RETURNING state`,
    values: [payment.id, to, payment.providerRef],
  });
  return rows[0]?.state;
}
