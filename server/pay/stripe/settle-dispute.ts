// A bank asks captured money back: written down with its order, and booked once it is lost.
import type Stripe from "stripe";
import { Fault } from "../../domain/failure.ts";
import { returnBookings } from "../../domain/money.ts";
import {
  type DisputeState,
  moveOrder,
  type OrderState,
  type PaymentState,
} from "../../domain/order.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import { announceOrders } from "../../queue/announce-orders.ts";
import { tellWallets } from "../../queue/tell-wallets.ts";
import { book } from "../book.ts";
import { dropPayer } from "../refund/drop-payer.ts";
import { insertRefund } from "../refund/insert-refund.ts";
import { asStripeFault } from "./open-stripe.ts";
import { STRIPE } from "./stripe-provider.ts";

interface DisputeDeps {
  db: Db;
  stripe: Stripe;
  log: Log;
}

interface DisputedOrder {
  id: string;
  deployment: number;
  event_id: number;
  state: OrderState;
  payment: PaymentState;
}

export async function settleDispute(
  deps: DisputeDeps,
  disputeId: string,
): Promise<"handled" | "foreign"> {
  const paymentId = await findPaymentId(deps.stripe, disputeId);
  return deps.db.transaction(async (sql) => {
    const order = await lockOrder(sql, paymentId);
    if (order === undefined) return "foreign";
    // The capture is still to be posted, or was refused and given back.
    if (order.payment === "authorised") {
      throw new Fault("server/unavailable", "The disputed payment is not posted yet.");
    }
    if (order.payment !== "captured") return "handled";
    // Asked under the lock: whoever comes later can know nothing older.
    const dispute = await read(deps.stripe, disputeId);
    const state = stateOf(dispute.status);
    const before = await store(sql, { dispute, state, order, paymentId });
    if (before !== state) {
      deps.log.warn({ disputeId, orderId: order.id, state }, "a card payment is disputed");
      await follow(sql, { before, state, order, dispute });
      const fact = `dispute:${disputeId}:${state}`;
      await tellWallets(sql, { kind: `dispute-${state}`, fact, orderIds: [order.id] });
    }
    return "handled";
  });
}

async function findPaymentId(stripe: Stripe, disputeId: string): Promise<string> {
  const { payment_intent: intent } = await read(stripe, disputeId);
  const metadata = typeof intent === "object" ? intent?.metadata : undefined;
  return metadata?.paymentId ?? "";
}

async function read(stripe: Stripe, disputeId: string): Promise<Stripe.Dispute> {
  try {
    return await stripe.disputes.retrieve(disputeId, { expand: ["payment_intent"] });
  } catch (error) {
    throw asStripeFault(error);
  }
}

/** Inquiries that end without a chargeback took no money, and prevented ones never began. */
function stateOf(status: Stripe.Dispute["status"]): DisputeState {
  if (status === "lost" || status.startsWith("appeal_")) return "lost";
  return status === "won" || status === "warning_closed" || status === "prevented" ? "won" : "open";
}

async function lockOrder(sql: Sql, paymentId: string): Promise<DisputedOrder | undefined> {
  const { rows } = await sql.query<DisputedOrder>({
    text: `SELECT o.id, o.deployment, o.event_id, o.state, p.state AS payment
           FROM sale.payment p JOIN sale.order o ON o.id = p.order_id
           WHERE p.id = $1 AND p.provider = $2 FOR UPDATE OF o`,
    values: [paymentId, STRIPE],
  });
  return rows[0];
}

/** Answers what was known of it. */
async function store(
  sql: Sql,
  given: { dispute: Stripe.Dispute; state: string; order: DisputedOrder; paymentId: string },
): Promise<DisputeState | undefined> {
  const { dispute, state, order, paymentId } = given;
  const { rows } = await sql.query<{ state: DisputeState }>({
    text: "SELECT state FROM sale.dispute WHERE id = $1",
    values: [dispute.id],
  });
  await sql.query({
    text: `INSERT INTO sale.dispute (id, payment_id, order_id, state, amount, currency)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state, updated_at = now()
             WHERE dispute.state <> EXCLUDED.state`,
    values: [
      ...[dispute.id, paymentId, order.id, state],
      ...[BigInt(dispute.amount), dispute.currency.toUpperCase()],
    ],
  });
  return rows[0]?.state;
}

async function follow(
  sql: Sql,
  given: {
    before: DisputeState | undefined;
    state: DisputeState;
    order: DisputedOrder;
    dispute: Stripe.Dispute;
  },
): Promise<void> {
  const { before, state, order, dispute } = given;
  if (state === "lost") {
    await bookOutcome(sql, order, dispute, "lost");
    await setAside(sql, order);
  }
  // An appeal that was won brings the money back; a person decides about the tickets.
  if (before === "lost") await bookOutcome(sql, order, dispute, "won back");
}

async function bookOutcome(
  sql: Sql,
  order: DisputedOrder,
  dispute: Stripe.Dispute,
  outcome: "lost" | "won back",
): Promise<void> {
  const event: EventRef = { deployment: order.deployment, eventId: order.event_id };
  const bookings = returnBookings({
    ...{ provider: STRIPE, eventId: formatEventId(event), outcome },
    amount: BigInt(dispute.amount),
  });
  const currency = dispute.currency.toUpperCase();
  await book(sql, { orderId: order.id, currency, bookings });
}

/**
 * No ticket is minted for money that is gone, and those that were are made void; but one that was
 * sold on belongs to a buyer, who has paid for it.
 */
async function setAside(sql: Sql, order: DisputedOrder): Promise<void> {
  await sql.query({
    text: `UPDATE sale.mint_line SET state = 'attention', updated_at = now(),
                  reason = 'the payment was charged back'
           WHERE order_id = $1 AND state = 'queued'`,
    values: [order.id],
  });
  await voidUnsold(sql, order);
  if (order.state === "attention") return;
  await sql.query({
    text: "UPDATE sale.order SET state = $2 WHERE id = $1",
    values: [order.id, moveOrder(order.state, "attention")],
  });
  await announceOrders(sql, { type: "order.attention", orderIds: [order.id] });
}

async function voidUnsold(sql: Sql, order: DisputedOrder): Promise<void> {
  const { rows } = await sql.query<{ ticket_id: bigint }>({
    text: `SELECT line.ticket_id FROM sale.order_line line
           LEFT JOIN mirror.ticket
             ON ticket.deployment = $2 AND ticket.ticket_id = line.ticket_id
           WHERE line.order_id = $1 AND ticket.resold IS NOT TRUE`,
    values: [order.id, order.deployment],
  });
  await dropPayer(sql, order.id);
  const wish = { cause: "dispute", reason: "the payment was charged back" } as const;
  const ticketIds = rows.map((row) => row.ticket_id);
  await insertRefund(sql, { orderId: order.id, ticketIds, ...wish, askedBy: STRIPE });
}
