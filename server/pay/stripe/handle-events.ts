// Works the inbox off: each event only says where to look, and the truth is asked of Stripe again.
import type Stripe from "stripe";
import { Bug, Refusal } from "../../domain/failure.ts";
import type { Db } from "../../platform/db/client.ts";
import type { Payment } from "../begin-payment.ts";
import { reopenPaybacks } from "../refund/reopen-payback.ts";
import { settlePayment } from "../settle-payment.ts";
import type { PayDeps } from "../take-payment.ts";
import { settleDispute } from "./settle-dispute.ts";
import { STRIPE } from "./stripe-provider.ts";

export interface EventDeps extends PayDeps {
  stripe: Stripe;
}

interface EventRow {
  id: string;
  type: string;
  object_id: string;
  payment_id: string | null;
  attempts: number;
}

/** A round as full as this may have left some. */
export const EVENTS_PER_ROUND = 100;
/** Doubled with each try; a provider that is down for a day finds us still asking. */
const RETRY_MS = 5_000;
const RETRY_MS_MAX = 10 * 60_000;
const KEPT_DAYS = 40;
const PRUNED_PER_ROUND = 10_000;

/** Answers how many were looked at. */
export async function handleEvents(deps: EventDeps): Promise<number> {
  const events = await findDue(deps.db);
  for (const event of events) {
    try {
      await finish(deps.db, event, await handle(deps, event));
    } catch (err) {
      if (err instanceof Bug) throw err;
      // A no is a decision, and it is written down where it was made.
      if (err instanceof Refusal) await finish(deps.db, event, "handled");
      else await postpone(deps.db, event);
      deps.log.warn({ err, eventId: event.id, type: event.type }, "an event was not followed");
    }
  }
  return events.length;
}

/** Longer than Stripe remembers events, so that none is taken for new again. */
export async function pruneEvents(db: Db): Promise<void> {
  await db.query({
    text: `DELETE FROM sale.provider_event WHERE (provider, id) IN (
             SELECT provider, id FROM sale.provider_event
             WHERE received_at < now() - $1 * interval '1 day' AND state <> 'waiting'
             ORDER BY received_at LIMIT $2)`,
    values: [KEPT_DAYS, PRUNED_PER_ROUND],
  });
}

async function handle(deps: EventDeps, event: EventRow): Promise<"handled" | "foreign"> {
  if (event.type.startsWith("charge.dispute.")) return settleDispute(deps, event.object_id);
  const payment = await findPayment(deps.db, event.payment_id);
  if (payment === undefined) return "foreign";
  if (event.type.startsWith("refund.")) {
    await reopenPaybacks(deps, payment.id);
    return "handled";
  }
  const { lapsed, ...found } = payment;
  await settlePayment(deps, found, { lapsed });
  return "handled";
}

async function findDue(db: Db): Promise<EventRow[]> {
  const { rows } = await db.query<EventRow>({
    text: `SELECT id, type, object_id, payment_id, attempts FROM sale.provider_event
           WHERE provider = $1 AND state = 'waiting' AND due_at <= now()
           ORDER BY due_at LIMIT $2`,
    values: [STRIPE, EVENTS_PER_ROUND],
  });
  return rows;
}

async function findPayment(
  db: Db,
  paymentId: string | null,
): Promise<(Payment & { lapsed: boolean }) | undefined> {
  const { rows } = await db.query<Payment & { lapsed: boolean }>({
    text: `SELECT p.*, o.expires_at <= now() AS lapsed
           FROM sale.payment p JOIN sale.order o ON o.id = p.order_id
           WHERE p.id = $1 AND p.provider = $2`,
    values: [paymentId, STRIPE],
  });
  return rows[0];
}

async function finish(db: Db, { id }: EventRow, state: "handled" | "foreign"): Promise<void> {
  await db.query({
    text: "UPDATE sale.provider_event SET state = $3 WHERE provider = $1 AND id = $2",
    values: [STRIPE, id, state],
  });
}

async function postpone(db: Db, { id, attempts }: EventRow): Promise<void> {
  await db.query({
    text: `UPDATE sale.provider_event
           SET attempts = attempts + 1, due_at = now() + $3 * interval '1 ms'
           WHERE provider = $1 AND id = $2`,
    values: [STRIPE, id, Math.min(RETRY_MS * 2 ** attempts, RETRY_MS_MAX)],
  });
}
