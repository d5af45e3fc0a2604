// Makes sure, between authorisation and capture, that the order still has every one of its seats.
import type { Db } from "../platform/db/client.ts";

/** Long enough for the capture and its retries; a crash in between gives the seats back after it. */
const CAPTURE_WINDOW_MS = 120_000;

/** True when the seats are safe for the capture; false when one is lost and nothing may be charged. */
export async function secureClaims(
  db: Db,
  payment: { id: string; orderId: string; providerRef: string },
): Promise<boolean> {
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
    const { rowCount } = await sql.query({
      text: `UPDATE sale.payment SET state = $2, provider_ref = $3, updated_at = now()
             WHERE id = $1 AND state IN ('started', 'authorised')`,
      values: [payment.id, safe ? "authorised" : "voided", payment.providerRef],
    });
    // Ended by the sweep meanwhile: an authorisation that was given back must not be captured.
    return safe && rowCount === 1;
  });
}
