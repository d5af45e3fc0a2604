// Stripe's own list of what it took, could take and gave back for us, page by page.
import type Stripe from "stripe";
import { Fault } from "../../domain/failure.ts";
import type { ListWindow, ProviderMoney } from "../provider.ts";
import { asStripeFault } from "./open-stripe.ts";

/** As many as Stripe puts on a page. */
const LISTED_PER_PAGE = 100;
/** A hundred thousand payments; whoever has more asks for fewer days. */
const PAGES_MAX = 1_000;

interface ListDeps {
  stripe: Stripe;
  publicUrl: URL;
  livemode: boolean;
}

interface Page<T> {
  data: T[];
  has_more: boolean;
}

/**
 * A payment is listed by when it was begun, so what went back later is listed as well: each refund
 * has its payment with it, whole.
 */
export async function* listMoney(
  deps: ListDeps,
  { since, until }: ListWindow,
): AsyncGenerator<ProviderMoney[]> {
  const { stripe } = deps;
  const created = { gte: secondsOf(since), lte: secondsOf(until) + 1 };
  const limit = LISTED_PER_PAGE;
  const intents = pagesOf((after) =>
    stripe.paymentIntents.list({ created, limit, expand: ["data.latest_charge"], ...after }),
  );
  for await (const page of intents) yield page.flatMap((intent) => moneyOf(deps, intent) ?? []);
  const expand = ["data.payment_intent.latest_charge"];
  const refunds = pagesOf((after) => stripe.refunds.list({ created, limit, expand, ...after }));
  for await (const page of refunds) {
    yield page.flatMap(({ payment_intent: intent }) =>
      typeof intent === "object" && intent !== null ? (moneyOf(deps, intent) ?? []) : [],
    );
  }
}

async function* pagesOf<T extends { id: string }>(
  ask: (after: { starting_after?: string }) => Promise<Page<T>>,
): AsyncGenerator<T[]> {
  let after: { starting_after?: string } = {};
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const { data, has_more: hasMore } = await ask(after).catch((error) => {
      throw asStripeFault(error);
    });
    yield data;
    const last = data.at(-1);
    if (!hasMore || last === undefined) return;
    after = { starting_after: last.id };
  }
  // Half a list would say of the other half that Stripe has never heard of it.
  const most = PAGES_MAX * LISTED_PER_PAGE;
  throw new Fault("server/unavailable", `Stripe has more than ${most} payments in this time.`);
}

/** Undefined for what is no payment of ours, and for one of which nothing ever came. */
function moneyOf(
  { publicUrl, livemode }: ListDeps,
  intent: Stripe.PaymentIntent,
): ProviderMoney | undefined {
  const { metadata, amount_capturable: authorised, amount_received: captured } = intent;
  const { paymentId, site } = metadata;
  if (paymentId === undefined || authorised + captured === 0) return undefined;
  const charge = intent.latest_charge;
  const refunded = typeof charge === "object" ? (charge?.amount_refunded ?? 0) : 0;
  return {
    ...{ ref: intent.id, paymentId, isForeign: site !== undefined && site !== publicUrl.host },
    ...{ authorised: BigInt(authorised), captured: BigInt(captured), refunded: BigInt(refunded) },
    ...{ currency: intent.currency.toUpperCase(), isOurMode: intent.livemode === livemode },
  };
}

function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1_000);
}
