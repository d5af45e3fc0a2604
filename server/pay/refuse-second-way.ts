// Says that an order is being paid already, by which way, and until when nothing else can be done.
import { Refusal } from "../domain/failure.ts";
import { VOUCHER_PROVIDER } from "../domain/money.ts";
import type { Sql } from "../platform/db/client.ts";
import type { Payment } from "./begin-payment.ts";

/**
 * What could still be paid must not be paid a second time: a voucher that is out cannot be taken
 * back before its deadline, and a page at a provider stays open as long as the order lives.
 */
export async function secondWayRefused(
  sql: Sql,
  { id, order_id: orderId, provider }: Payment,
): Promise<Refusal> {
  const { rows } = await sql.query<{ until: Date }>({
    text: `SELECT coalesce(to_timestamp(v.deadline), o.expires_at) AS until
           FROM sale.order o LEFT JOIN sale.voucher v ON v.payment_id = $2 WHERE o.id = $1`,
    values: [orderId, id],
  });
  const until = rows[0]?.until.toISOString();
  const by = provider === VOUCHER_PROVIDER ? "a wallet's voucher" : provider;
  const detail = `The order is being paid by ${by}, which counts until ${until}.`;
  return new Refusal("pay/other-way", detail, { why: "under-way", until });
}
