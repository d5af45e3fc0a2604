// Has the provider give money back to the payer, and books it once it is paid; each refund by one process at a time.
import { assertInvariant, Bug } from "../../domain/failure.ts";
import { returnBookings } from "../../domain/money.ts";
import { formatEventId } from "../../domain/ticket-id.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import { type Payment, providerPayment } from "../begin-payment.ts";
import { book } from "../book.ts";
import type { PayBackStanding, PaymentProvider } from "../provider.ts";
import { dropPayer } from "./drop-payer.ts";

export interface PayBackDeps {
  db: Db;
  provider: PaymentProvider;
  log: Log;
}

interface DueRefund {
  id: string;
  deployment: number;
  event_id: number;
  order_id: string;
  amount: bigint;
  currency: string;
  attempt: number;
  payment: Payment;
}

/** Longer than any call of a provider takes, with all of its tries. */
const ANSWER_LIMIT_MS = 60_000;
/** A bank that has not said yet is asked again so much later. */
const WAITING_MS = 30_000;
const REFUNDS_PER_ROUND = 100;
const AT_ONCE = 10;

/** Answers how many were paid. */
export async function payBackDue(deps: PayBackDeps): Promise<number> {
  let paid = 0;
  const due = await takeDue(deps);
  for (let at = 0; at < due.length; at += AT_ONCE) {
    const ended = await Promise.all(
      due.slice(at, at + AT_ONCE).map((refund) =>
        payBack(deps, refund).catch((err) => {
          if (err instanceof Bug) throw err;
          deps.log.warn({ err, refundId: refund.id }, "a refund waits");
          return false;
        }),
      ),
    );
    paid += ended.filter((isPaid) => isPaid).length;
  }
  return paid;
}

/** Whoever takes one has it for a while; one that dies with it leaves it to the next. */
async function takeDue({ db, provider }: PayBackDeps): Promise<DueRefund[]> {
  const { rows } = await db.query<Omit<DueRefund, "payment"> & { payment_id: string }>({
    text: `UPDATE sale.refund SET due_at = now() + $2 * interval '1 ms'
           WHERE id IN (
             SELECT refund.id FROM sale.refund
             JOIN sale.payment ON payment.id = refund.payment_id AND payment.provider = $1
             WHERE refund.state = 'paying' AND refund.due_at <= now() AND refund.amount > 0
               AND refund.paid_at IS NULL
             ORDER BY refund.due_at LIMIT $3 FOR UPDATE OF refund SKIP LOCKED)
           RETURNING id, deployment, event_id, order_id, amount, currency, attempt, payment_id`,
    values: [provider.name, ANSWER_LIMIT_MS, REFUNDS_PER_ROUND],
  });
  const { rows: payments } = await db.query<Payment>({
    text: "SELECT * FROM sale.payment WHERE id = ANY ($1)",
    values: [rows.map(({ payment_id: id }) => id)],
  });
  const byId = new Map(payments.map((payment) => [payment.id, payment]));
  return rows.map(({ payment_id: paymentId, ...row }) => {
    const payment = byId.get(paymentId);
    assertInvariant(payment?.state === "captured", "I2: only captured money is given back");
    return { ...row, payment };
  });
}

async function payBack(deps: PayBackDeps, refund: DueRefund): Promise<boolean> {
  const { id: refundId, order_id: orderId, amount, attempt, payment } = refund;
  assertInvariant(amount <= payment.amount, "no more goes back than was paid");
  const wish = { refundId, attempt, orderId, paymentId: payment.id, amount };
  const standing = await deps.provider.payBack(providerPayment(payment), wish);
  if (standing.standing === "refused") {
    deps.log.error({ refundId, reason: standing.reason }, "the provider refuses a refund");
  }
  await deps.db.transaction((sql) => post(sql, refund, standing));
  return standing.standing === "paid";
}

/** Safe to repeat: what is posted already is not paying any more. */
async function post(sql: Sql, refund: DueRefund, answer: PayBackStanding): Promise<void> {
  const { id, order_id: orderId, deployment, event_id: eventId, amount, currency } = refund;
  await sql.query({ text: "SELECT 1 FROM sale.order WHERE id = $1 FOR UPDATE", values: [orderId] });
  const { rowCount } = await sql.query({
    text: `SELECT 1 FROM sale.refund
           WHERE id = $1 AND state = 'paying' AND attempt = $2 AND paid_at IS NULL FOR UPDATE`,
    values: [id, refund.attempt],
  });
  if (rowCount === 0) return;
  if (answer.standing === "refused") return setAside(sql, refund, answer.reason);
  const isPaid = answer.standing === "paid";
  await sql.query({
    text: `UPDATE sale.refund SET provider_ref = $2, due_at = now() + $3 * interval '1 ms',
                  paid_at = CASE WHEN $4 THEN now() END, updated_at = now()
           WHERE id = $1`,
    values: [id, answer.providerRef, WAITING_MS, isPaid],
  });
  if (!isPaid) return;
  await sql.query({
    text: `UPDATE sale.refund_line SET state = 'paid', updated_at = now()
           WHERE refund_id = $1 AND state = 'voided' AND pays = 'payer'`,
    values: [id],
  });
  const bookings = returnBookings({
    ...{ provider: refund.payment.provider, eventId: formatEventId({ deployment, eventId }) },
    ...{ amount, outcome: "refunded" },
  });
  await book(sql, { orderId, currency, bookings });
}

async function setAside(sql: Sql, { id, order_id }: DueRefund, reason: string): Promise<void> {
  await sql.query({
    text: `UPDATE sale.refund SET state = 'attention', why = $2, updated_at = now()
           WHERE id = $1`,
    values: [id, reason],
  });
  // The bank was quicker: nobody is to be asked for this money again.
  const { rowCount: isLost } = await sql.query({
    text: "SELECT 1 FROM sale.dispute WHERE order_id = $1 AND state = 'lost' LIMIT 1",
    values: [order_id],
  });
  if (isLost === 1) await dropPayer(sql, order_id);
}
