// Takes a webhook of Stripe: its signature first, then whose it is, then into the inbox; once per id.
import Stripe from "stripe";
import { Refusal } from "../../domain/failure.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import { STRIPE } from "./stripe-provider.ts";

export interface Origin {
  webhookSecret: string;
  livemode: boolean;
  account: string | undefined;
}

/** Older ones are somebody's recording: Stripe signs anew each time that it sends again. */
const TOLERANCE_SECONDS = 300;
/** Whoever sweeps is woken on it; lost, the next sweep finds the row. */
export const EVENTS_CHANNEL = "provider_event";

export async function receiveEvent(
  { db, clock }: { db: Db; clock: Clock },
  origin: Origin,
  { bytes, signature }: { bytes: Buffer; signature: string | undefined },
): Promise<void> {
  const event = verify(origin, { bytes, signature, nowMs: clock.now().getTime() });
  if (event.livemode !== origin.livemode || event.account !== origin.account) {
    throw new Refusal("pay/webhook-invalid", "The event is of another account or mode.");
  }
  await db.transaction(async (sql) => {
    if ((await storeEvents(sql, [event])) === 0) return;
    await sql.query({ text: "SELECT pg_notify($1, '')", values: [EVENTS_CHANNEL] });
  });
}

function verify(
  { webhookSecret }: Origin,
  given: { bytes: Buffer; signature: string | undefined; nowMs: number },
): Stripe.Event {
  try {
    return Stripe.webhooks.constructEvent(
      given.bytes,
      given.signature ?? "",
      webhookSecret,
      TOLERANCE_SECONDS,
      undefined,
      given.nowMs,
    );
  } catch {
    throw new Refusal("pay/webhook-invalid", "The signature is not Stripe's, or it is too old.");
  }
}

/**
 * Only what the event is about: what it says of it may be old by now, and has parts of cards in it.
 * Answers how many were new.
 */
export async function storeEvents(sql: Sql, events: readonly Stripe.Event[]): Promise<number> {
  const objects = events.map(({ data }) => data.object as unknown as EventObject);
  const { rowCount } = await sql.query({
    text: `INSERT INTO sale.provider_event
             (provider, id, type, object_id, payment_id, happened_at)
           SELECT $1, id, type, object_id, payment_id, to_timestamp(happened_at)
           FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
             AS told (id, type, object_id, payment_id, happened_at)
           ON CONFLICT (provider, id) DO NOTHING`,
    values: [
      STRIPE,
      events.map(({ id }) => id),
      events.map(({ type }) => type),
      objects.map(({ id }) => id ?? ""),
      objects.map(({ metadata }) => metadata?.paymentId ?? null),
      events.map(({ created }) => created),
    ],
  });
  return rowCount ?? 0;
}

interface EventObject {
  id?: string;
  metadata?: Record<string, string> | null;
}
