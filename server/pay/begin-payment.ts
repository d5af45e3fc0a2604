// Reserves the payment of an order: at most one live one, whoever asks and however often (I2).
import { Refusal } from "../domain/failure.ts";
import { isCoin, VOUCHER_PROVIDER } from "../domain/money.ts";
import { moveOrder, type OrderState, type PaymentState } from "../domain/order.ts";
import type { Db, Sql } from "../platform/db/client.ts";
import { type Outcome, outcomeOf } from "../platform/db/gather-work.ts";
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

const PAYMENT_COLUMNS = "id, order_id, provider, provider_ref, state, amount, currency, created_at";

interface OrderRow {
  id: string;
  buyer: string;
  state: OrderState;
  total: bigint;
  currency: string;
  lapsed: boolean;
  cancelled: boolean;
}

export interface Reservation {
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
  wish: Reservation,
): Promise<Payment & { lapsed: boolean }> {
  return outcomeOf(await reservePayments(sql, [wish]));
}

/** Takes the orders' locks in order: two transactions of many never wait in a circle. */
export async function reservePayments(
  sql: Sql,
  wishes: readonly Reservation[],
): Promise<Outcome<Payment & { lapsed: boolean }>[]> {
  const ids = wishes.map(({ orderId }) => orderId);
  const asked = sql.query<OrderRow>({
    name: "orders-to-pay",
    text: `SELECT id, buyer, state, total, currency, expires_at <= now() AS lapsed,
                  EXISTS (SELECT 1 FROM sale.event
                          WHERE event.deployment = o.deployment AND event.id = o.event_id
                            AND event.state = 'cancelled') AS cancelled
           FROM sale.order o WHERE id = ANY($1) ORDER BY id FOR UPDATE`,
    values: [ids],
  });
  // A second tab, or a retry after a crash, goes on with the payment that was begun.
  const [{ rows }, live] = await Promise.all([asked, findLivePayments(sql, ids)]);
  const orders = new Map(rows.map((row) => [row.id, row]));
  const outcomes = wishes.map((wish) => reserve(wish, orders.get(wish.orderId), live));
  const begun = outcomes.flatMap((outcome) => ("begin" in outcome ? [outcome.begin] : []));
  const inserted = begun.length === 0 ? new Map() : await insertPayments(sql, begun);
  return outcomes.map((outcome) =>
    "begin" in outcome
      ? { done: { ...(inserted.get(outcome.begin.order.id) as Payment), lapsed: false } }
      : outcome,
  );
}

interface Begun {
  order: OrderRow;
  provider: string;
}

function reserve(
  { orderId, buyer, provider }: Reservation,
  order: OrderRow | undefined,
  live: ReadonlyMap<string, Payment>,
): Outcome<Payment & { lapsed: boolean }> | { begin: Begun } {
  if (order === undefined || order.buyer !== buyer) {
    return { refused: new Refusal("request/not-found", `There is no order ${orderId}.`) };
  }
  const found = live.get(orderId);
  if (found !== undefined) return { done: { ...found, lapsed: order.lapsed } };
  try {
    requirePayable(order, provider);
    return { begin: { order, provider } };
  } catch (refused) {
    return { refused };
  }
}

async function insertPayments(sql: Sql, begun: readonly Begun[]): Promise<Map<string, Payment>> {
  const { rows } = await sql.query<Payment>({
    name: "begin-payments",
    text: `INSERT INTO sale.payment (id, order_id, provider, state, amount, currency)
           SELECT id, order_id, provider, 'started', amount, currency
           FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::text[])
             AS given (id, order_id, provider, amount, currency)
           RETURNING ${PAYMENT_COLUMNS}`,
    values: [
      begun.map(() => randomId("pay")),
      begun.map(({ order }) => order.id),
      begun.map(({ provider }) => provider),
      begun.map(({ order }) => order.total),
      begun.map(({ order }) => order.currency),
    ],
  });
  return new Map(rows.map((row) => [row.order_id, row]));
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

async function findLivePayments(
  sql: Sql,
  orderIds: readonly string[],
): Promise<Map<string, Payment>> {
  const { rows } = await sql.query<Payment>({
    name: "live-payments",
    text: `SELECT ${PAYMENT_COLUMNS} FROM sale.payment
           WHERE order_id = ANY($1) AND state IN ('started', 'authorised', 'captured')`,
    values: [orderIds],
  });
  return new Map(rows.map((row) => [row.order_id, row]));
}
