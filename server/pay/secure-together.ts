// Makes the seats of many authorised payments safe in one transaction, where nothing stands against it.
import type { Sql } from "../platform/db/client.ts";
import type { Outcome } from "../platform/db/gather-work.ts";

export interface Authorised {
  id: string;
  orderId: string;
  providerRef: string;
}

/**
 * True for those that are safe now. Whatever is not as it should be, a payment that went on or
 * ended or a seat that is gone, is left as it is for secure-claims.ts, which knows every case.
 */
export async function securePayments(
  sql: Sql,
  payments: readonly Authorised[],
): Promise<Outcome<boolean>[]> {
  const orderIds = payments.map(({ orderId }) => orderId);
  const locked = sql.query({
    name: "lock-orders",
    text: "SELECT 1 FROM sale.order WHERE id = ANY($1) ORDER BY id FOR UPDATE",
    values: [orderIds],
  });
  const asked = sql.query<{ id: string }>({
    name: "payments-to-secure",
    // What a line was moved away from may still name the order.
    text: `WITH ours AS (
             SELECT order_id, count(*) AS claims FROM (
               SELECT claim.order_id FROM sale.claim JOIN sale.order_line line
                 ON line.order_id = claim.order_id AND line.seat = claim.seat
               WHERE claim.order_id = ANY($2)
               ORDER BY claim.deployment, claim.event_id, claim.seat FOR UPDATE OF claim) AS locked
             GROUP BY order_id)
           SELECT payment.id FROM sale.payment JOIN ours ON ours.order_id = payment.order_id
           WHERE payment.id = ANY($1) AND payment.state = 'started'
             AND ours.claims = (SELECT count(*) FROM sale.order_line line
                                WHERE line.order_id = payment.order_id)
           FOR UPDATE OF payment`,
    values: [payments.map(({ id }) => id), orderIds],
  });
  const [, { rows }] = await Promise.all([locked, asked]);
  const found = new Set(rows.map(({ id }) => id));
  const safe = payments.filter(({ id }) => found.has(id));
  if (safe.length > 0) await keep(sql, safe);
  return payments.map(({ id }) => ({ done: found.has(id) }));
}

async function keep(sql: Sql, payments: readonly Authorised[]): Promise<void> {
  const kept = sql.query({
    name: "keep-seats",
    text: `UPDATE sale.claim SET expires_at = 'infinity' FROM sale.order_line line
           WHERE claim.order_id = ANY($1) AND line.order_id = claim.order_id
             AND line.seat = claim.seat`,
    values: [payments.map(({ orderId }) => orderId)],
  });
  const moved = sql.query({
    name: "payments-authorised",
    text: `UPDATE sale.payment SET state = 'authorised', provider_ref = given.ref,
                  owes_void = false, updated_at = now()
           FROM unnest($1::text[], $2::text[]) AS given (id, ref)
           WHERE payment.id = given.id`,
    values: [payments.map(({ id }) => id), payments.map(({ providerRef }) => providerRef)],
  });
  await Promise.all([kept, moved]);
}
