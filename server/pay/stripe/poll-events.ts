// Asks Stripe what happened since we last asked: webhooks get lost, and this finds what they said.
import type Stripe from "stripe";
import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/db/client.ts";
import { asStripeFault } from "./open-stripe.ts";
import { storeEvents } from "./receive-event.ts";
import { STRIPE } from "./stripe-provider.ts";

/** What anything is done about; the same list is registered for webhooks. */
const EVENT_TYPES = [
  "checkout.session.completed",
  "checkout.session.expired",
  "payment_intent.amount_capturable_updated",
  "payment_intent.canceled",
  "payment_intent.succeeded",
  "charge.dispute.created",
  "charge.dispute.updated",
  "charge.dispute.closed",
  "refund.updated",
  "refund.failed",
] as const;

/** Events may show in the list a little after they happened; what is known changes nothing. */
const OVERLAP_SECONDS = 120;
/** Stripe remembers thirty days; the first time there is nothing of ours before this. */
const FIRST_LOOK_BACK_SECONDS = 24 * 60 * 60;
const EVENTS_PER_PAGE = 100;
const PAGES_MAX = 50;

/** Answers how many events nobody had told us of. */
export async function pollEvents(deps: { db: Db; stripe: Stripe; clock: Clock }): Promise<number> {
  const { db, stripe, clock } = deps;
  const askedAt = Math.floor(clock.now().getTime() / 1_000);
  const since = (await readPolledUntil(db)) ?? askedAt - FIRST_LOOK_BACK_SECONDS;
  let found = 0;
  let after: string | undefined;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const { data, has_more: hasMore } = await list(stripe, since - OVERLAP_SECONDS, after);
    found += await storeEvents(db, data);
    after = data.at(-1)?.id;
    if (!hasMore || after === undefined) {
      await writePolledUntil(db, askedAt);
      return found;
    }
  }
  // The list begins with the newest, so the oldest are still to come: the next time asks again.
  return found;
}

async function list(stripe: Stripe, since: number, after: string | undefined) {
  try {
    return await stripe.events.list({
      types: [...EVENT_TYPES],
      created: { gte: since },
      limit: EVENTS_PER_PAGE,
      ...(after === undefined ? {} : { starting_after: after }),
    });
  } catch (error) {
    throw asStripeFault(error);
  }
}

async function readPolledUntil(db: Db): Promise<number | undefined> {
  const { rows } = await db.query<{ polled_until: Date }>({
    text: "SELECT polled_until FROM sale.provider_poll WHERE provider = $1",
    values: [STRIPE],
  });
  const [row] = rows;
  return row === undefined ? undefined : Math.floor(row.polled_until.getTime() / 1_000);
}

async function writePolledUntil(db: Db, seconds: number): Promise<void> {
  await db.query({
    text: `INSERT INTO sale.provider_poll (provider, polled_until) VALUES ($1, to_timestamp($2))
           ON CONFLICT (provider) DO UPDATE
             SET polled_until = greatest(provider_poll.polled_until, EXCLUDED.polled_until)`,
    values: [STRIPE, seconds],
  });
}
