// Reserves the payment of an order: at most one live one, whoever asks and however often (I2).
import { Refusal } from "../domain/failure.ts";
import { isCoin, VOUCHER_PROVIDER } from "../domain/money.ts";
import { moveOrder, type OrderState, type PaymentState } from "../domain/order.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import { randomId } from "../platform/random.ts";
import type { ProviderPayment } from "./provider.ts";

export interface Payment {
  id: string;
  order_id: string;
  provider: string;
  provider_ref: string | null;
  state: PaymentState;
  amount: bigint;
  currency: string;
  created_at: Date;
}

interface OrderRow {
  state: OrderState;
  total: bigint;
  currency: string;
  lapsed: boolean;
  cancelled: boolean;
}

interface Reservation {
  orderId: string;
  buyer: string;
  provider: string;
}

export async function beginPayment(
  db: Db,
  wish: Reservation,
): Promise<Payment & { lapsed: boolean }> {
  return db.transaction((sql) => reservePayment(sql, wish));
}

/** Takes the lock of the order. */
export async function reservePayment(
  sql: Sql,
  { orderId, buyer, provider }: Reservation,
): Promise<Payment & { lapsed: boolean }> {
  const { rows } = await sql.query<OrderRow>({
    text: `SELECT state, total, currency, expires_at <= now() AS lapsed,
                  EXISTS (SELECT 1 FROM sale.event
                          WHERE event.deployment = o.deployment AND event.id = o.event_id
                            AND event.state = 'cancelled') AS cancelled
           FROM sale.order o WHERE id = $1 AND buyer = $2 FOR UPDATE`,
    values: [orderId, buyer],
  });
  const order = rows[0];
  if (order === undefined) {
    throw new Refusal("request/not-found", `There is no order ${orderId}.`);
  }
  // A second tab, or a retry after a crash, goes on with the payment that was begun.
  const live = await findLivePayment(sql, orderId);
  if (live !== undefined) return { ...live, lapsed: order.lapsed };
  requirePayable(order, provider);
  const inserted = await sql.query<Payment>({
    text: `INSERT INTO sale.payment (id, order_id, provider, state, amount, currency)
           VALUES ($1, $2, $3, 'started', $4, $5) RETURNING *`,
    values: [randomId("pay"), orderId, provider, order.total, order.currency],
  });
  return { ...(inserted.rows[0] as Payment), lapsed: false };
}

function requirePayable(order: OrderRow, provider: string): void {
  if (order.state === "expired" || (order.state === "claimed" && order.lapsed)) {
    throw new Refusal("order/expired", "The order has ended; nothing was charged.");
  }
  if (order.cancelled) {
    throw new Refusal("order/expired", "The event was cancelled; nothing was charged.");
  }
  if (isCoin(order.currency) && provider !== VOUCHER_PROVIDER) {
    const detail = `${order.currency} is paid with a wallet, by a voucher.`;
    throw new Refusal("pay/other-way", detail, { why: "coin" });
  }
  moveOrder(order.state, "paid");
}

/** As the provider is to be asked about it. */
export function providerPayment(payment: Payment): ProviderPayment {
  const { id: paymentId, provider_ref: providerRef, amount, currency } = payment;
  return { paymentId, providerRef, amount, currency };
}

async function findLivePayment(sql: Sql, orderId: string): Promise<Payment | undefined> {
  const { rows } = await sql.query<Payment>({
    text: `SELECT * FROM sale.payment
           WHERE order_id = $1 AND state IN ('started', 'authorised', 'captured')`,
    values: [orderId],
  });
  return rows[0];
}
