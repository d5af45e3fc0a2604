// Takes back that a refund was paid, when a bank did not take the money after all: a person decides how it goes on.
import { returnBookings } from "../../domain/money.ts";
import { formatEventId } from "../../domain/ticket-id.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import { type Payment, providerPayment } from "../begin-payment.ts";
import { book } from "../book.ts";
import type { PaymentProvider } from "../provider.ts";

interface PaidRefund {
  id: string;
  deployment: number;
  event_id: number;
  order_id: string;
  amount: bigint;
  currency: string;
  attempt: number;
}

/** Of one payment: the provider is asked again about each, because what it tells may be old. */
export async function reopenPaybacks(
  { db, provider }: { db: Db; provider: PaymentProvider },
  paymentId: string,
): Promise<void> {
  const { rows: payments } = await db.query<Payment>({
    text: "SELECT * FROM sale.payment WHERE id = $1",
    values: [paymentId],
  });
  const [payment] = payments;
  if (payment === undefined) return;
  const { rows } = await db.query<PaidRefund>({
    text: `SELECT id, deployment, event_id, order_id, amount, currency, attempt FROM sale.refund
           WHERE payment_id = $1 AND paid_at IS NOT NULL ORDER BY id`,
    values: [paymentId],
  });
  for (const refund of rows) {
    const { id: refundId, attempt, order_id: orderId, amount } = refund;
    const wish = { refundId, attempt, orderId, paymentId, amount };
    const answer = await provider.payBack(providerPayment(payment), wish);
    if (answer.standing !== "refused") continue;
    await db.transaction((sql) => reopen(sql, { payment, refund, why: answer.reason }));
  }
}

async function reopen(
  sql: Sql,
  { payment, refund, why }: { payment: Payment; refund: PaidRefund; why: string },
): Promise<void> {
  const { id, order_id: orderId, deployment, event_id: eventId, amount, currency } = refund;
  await sql.query({ text: "SELECT 1 FROM sale.order WHERE id = $1 FOR UPDATE", values: [orderId] });
  const { rowCount } = await sql.query({
    text: `UPDATE sale.refund SET state = 'attention', why = $3, paid_at = NULL, updated_at = now()
           WHERE id = $1 AND attempt = $2 AND paid_at IS NOT NULL`,
    values: [id, refund.attempt, why],
  });
  if (rowCount === 0) return;
  const bookings = returnBookings({
    ...{ provider: payment.provider, eventId: formatEventId({ deployment, eventId }) },
    ...{ amount, outcome: "refund failed" },
  });
  await book(sql, { orderId, currency, bookings });
}
