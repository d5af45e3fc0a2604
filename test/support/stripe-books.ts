// What a fake Stripe knows: sessions, intents, refunds, disputes and events, with the moves that it allows.
import { systemClock } from "#server/platform/clock.ts";
import { randomId } from "#server/platform/random.ts";

export class StripeRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** partial: the bank lets only half of it be captured. foreign: another amount than was asked. */
export type Card = "works" | "declines" | "partial" | "foreign";

export interface FakeIntent {
  id: string;
  object: "payment_intent";
  created: number;
  status: "requires_capture" | "succeeded" | "canceled";
  amount: number;
  amount_capturable: number;
  amount_received: number;
  currency: string;
  livemode: boolean;
  metadata: Record<string, string>;
  /** Of the fake alone: what its bank lets be captured, and what was or is to be given back. */
  bank: { allows: number; refunded: number };
}

export interface FakeSession {
  id: string;
  object: "checkout.session";
  status: "open" | "complete" | "expired";
  url: string | null;
  amount_total: number;
  currency: string;
  livemode: boolean;
  client_reference_id: string;
  metadata: Record<string, string>;
  payment_intent: string | null;
  expires_at: number;
  /** Every parameter that it was made with. */
  made: Record<string, string>;
}

interface FakeDispute {
  id: string;
  object: "dispute";
  status: string;
  amount: number;
  currency: string;
  payment_intent: string;
}

export interface FakeRefund {
  id: string;
  object: "refund";
  created: number;
  status: "succeeded" | "pending" | "failed";
  failure_reason?: string;
  amount: number;
  payment_intent: string;
  metadata: Record<string, string>;
}

interface FakeEvent {
  id: string;
  object: "event";
  type: string;
  created: number;
  livemode: boolean;
  data: { object: Record<string, unknown> };
}

const SESSION_SECONDS_MIN = 30 * 60;
/** A real card's test number, to be found by whoever keeps more of an event than its id. */
export const CARD_NUMBER = "4242424242424242";

export class StripeBooks {
  readonly sessions = new Map<string, FakeSession>();
  readonly intents = new Map<string, FakeIntent>();
  readonly disputes = new Map<string, FakeDispute>();
  readonly refunds = new Map<string, FakeRefund>();
  readonly events: FakeEvent[] = [];
  /** What Stripe answers to the next refunds instead of making them. */
  readonly refusals: string[] = [];
  /** Banks that take their time: refunds wait for `settleRefund`. */
  slowBank = false;

  handle(call: string, form: URLSearchParams): unknown {
    const [, id = "", verb = ""] = /\/([a-z]+_\w+)(?:\/(\w+))?$/.exec(call) ?? [];
    if (call === "POST /v1/checkout/sessions") return this.createSession(form);
    if (call === "POST /v1/refunds") return this.refund(form);
    if (call === "GET /v1/refunds") return this.listRefunds(form);
    if (call === "GET /v1/events") return this.listEvents(form);
    if (call === "GET /v1/payment_intents") return this.listIntents(form);
    if (call.startsWith("GET /v1/checkout/sessions/")) {
      return this.withIntent(find(this.sessions, id), form);
    }
    if (call.startsWith("POST /v1/checkout/sessions/")) return this.expire(find(this.sessions, id));
    if (call.startsWith("GET /v1/disputes/")) return this.withIntent(find(this.disputes, id), form);
    const intent = find(this.intents, /payment_intents\/(\w+)/.exec(call)?.[1] ?? "");
    if (call.startsWith("GET")) return intent;
    return verb === "capture" ? this.capture(intent, form) : this.cancel(intent);
  }

  /** The fan at Stripe's page, with a card. */
  pay(url: string, card: Card = "works"): void {
    const session = find(this.sessions, url.split("/").at(-1) ?? "");
    if (session.status !== "open") throw new StripeRefusal(400, "closed", "The page is closed.");
    // The fan may try another card on the same page: nothing is told.
    if (card === "declines") return;
    const amount = card === "foreign" ? session.amount_total - 100 : session.amount_total;
    const intent: FakeIntent = {
      ...{ id: randomId("pi"), object: "payment_intent", status: "requires_capture" },
      ...{ amount, amount_capturable: amount, amount_received: 0 },
      ...{ currency: session.currency, livemode: false, created: nowSeconds() },
      metadata: metadataOf(session.made, "payment_intent_data[metadata]"),
      bank: { allows: card === "partial" ? Math.floor(amount / 2) : amount, refunded: 0 },
    };
    this.intents.set(intent.id, intent);
    Object.assign(session, { status: "complete", url: null, payment_intent: intent.id });
    this.tell("payment_intent.amount_capturable_updated", intent);
    this.tell("checkout.session.completed", session);
  }

  /** The bank asks the money back, or has decided. */
  dispute(intentId: string, status: string): FakeDispute {
    const intent = find(this.intents, intentId);
    const known = [...this.disputes.values()].find((one) => one.payment_intent === intentId);
    const dispute = known ?? {
      ...{ id: randomId("du"), object: "dispute" as const, status },
      ...{ amount: intent.amount_received, currency: intent.currency, payment_intent: intentId },
    };
    dispute.status = status;
    this.disputes.set(dispute.id, dispute);
    const isOver = ["won", "lost", "warning_closed"].includes(status);
    const verb = known === undefined ? "created" : isOver ? "closed" : "updated";
    this.tell(`charge.dispute.${verb}`, dispute);
    return dispute;
  }

  private createSession(form: URLSearchParams): FakeSession {
    const made = Object.fromEntries(form);
    const expiresAt = Number(made.expires_at);
    if (expiresAt < nowSeconds() + SESSION_SECONDS_MIN) {
      throw new StripeRefusal(400, "parameter_invalid_integer", "expires_at is too early.");
    }
    const id = randomId("cs_test");
    const session: FakeSession = {
      ...{ id, object: "checkout.session", status: "open", livemode: false },
      url: `https://checkout.stripe.test/c/pay/${id}`,
      amount_total: Number(made["line_items[0][price_data][unit_amount]"]),
      currency: String(made["line_items[0][price_data][currency]"]),
      client_reference_id: String(made.client_reference_id),
      metadata: metadataOf(made, "metadata"),
      payment_intent: null,
      ...{ expires_at: expiresAt, made },
    };
    this.sessions.set(id, session);
    return session;
  }

  private expire(session: FakeSession): FakeSession {
    if (session.status !== "open") {
      throw new StripeRefusal(400, "resource_missing", "Only open sessions can be expired.");
    }
    Object.assign(session, { status: "expired", url: null });
    this.tell("checkout.session.expired", session);
    return session;
  }

  private capture(intent: FakeIntent, form: URLSearchParams): FakeIntent {
    requireStatus(intent, "requires_capture");
    const asked = Number(form.get("amount_to_capture") ?? intent.amount);
    const received = Math.min(asked, intent.bank.allows);
    Object.assign(intent, { status: "succeeded", amount_received: received, amount_capturable: 0 });
    this.tell("payment_intent.succeeded", intent);
    return intent;
  }

  private cancel(intent: FakeIntent): FakeIntent {
    requireStatus(intent, "requires_capture");
    Object.assign(intent, { status: "canceled", amount_capturable: 0 });
    this.tell("payment_intent.canceled", intent);
    return intent;
  }

  /** The bank has taken it, or has not: then the money is the seller's again. */
  settleRefund(id: string, status: "succeeded" | "failed"): void {
    const refund = find(this.refunds, id);
    if (status === "failed") {
      find(this.intents, refund.payment_intent).bank.refunded -= refund.amount;
      refund.failure_reason = "expired_or_canceled_card";
    }
    refund.status = status;
    this.tell(status === "failed" ? "refund.failed" : "refund.updated", refund);
  }

  private refund(form: URLSearchParams): FakeRefund {
    const intent = find(this.intents, form.get("payment_intent") ?? "");
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw new StripeRefusal(400, refusal, "No refund now.");
    const left = intent.amount_received - intent.bank.refunded;
    if (left === 0) {
      throw new StripeRefusal(400, "charge_already_refunded", "There is nothing left to refund.");
    }
    const amount = Number(form.get("amount") ?? left);
    if (!(amount > 0) || amount > left) {
      throw new StripeRefusal(400, "amount_too_large", "That is more than is left.");
    }
    intent.bank.refunded += amount;
    const refund: FakeRefund = {
      ...{ id: randomId("re"), object: "refund", amount, payment_intent: intent.id },
      ...{ status: this.slowBank ? "pending" : "succeeded", created: nowSeconds() },
      metadata: metadataOf(Object.fromEntries(form), "metadata"),
    };
    this.refunds.set(refund.id, refund);
    return refund;
  }

  private listRefunds(form: URLSearchParams) {
    const of = form.get("payment_intent");
    const found = [...this.refunds.values()].filter(
      ({ payment_intent: intent }) => of === null || intent === of,
    );
    const isWhole = form.get("expand[0]") === "data.payment_intent.latest_charge";
    return pageOf("/v1/refunds", found, form, (refund) =>
      isWhole ? { ...refund, payment_intent: this.withCharge(refund.payment_intent) } : refund,
    );
  }

  private listIntents(form: URLSearchParams) {
    const isWhole = form.get("expand[0]") === "data.latest_charge";
    return pageOf("/v1/payment_intents", [...this.intents.values()], form, (intent) =>
      isWhole ? this.withCharge(intent.id) : { ...intent, latest_charge: `ch_${intent.id}` },
    );
  }

  private withCharge(intentId: string) {
    const intent = find(this.intents, intentId);
    const amounts = { amount: intent.amount, amount_captured: intent.amount_received };
    const charge = {
      ...{ id: `ch_${intent.id}`, object: "charge", ...amounts },
      amount_refunded: intent.bank.refunded,
    };
    return { ...intent, latest_charge: charge };
  }

  private listEvents(form: URLSearchParams) {
    const types = [...form].filter(([name]) => name.startsWith("types[")).map(([, type]) => type);
    const since = Number(form.get("created[gte]") ?? 0);
    const newest = this.events
      .filter(({ type, created }) => types.includes(type) && created >= since)
      .reverse();
    return listOf("/v1/events", newest, form);
  }

  private withIntent(object: { payment_intent: string | null }, form: URLSearchParams) {
    const isExpanded = form.get("expand[0]") === "payment_intent";
    if (!isExpanded || object.payment_intent === null) return object;
    return { ...object, payment_intent: find(this.intents, object.payment_intent) };
  }

  private tell(type: string, object: object): void {
    const told = structuredClone(object) as Record<string, unknown>;
    // Real ones have the last four and more; none of it may stay with us.
    told.payment_method_details = { card: { number: CARD_NUMBER, last4: "4242" } };
    const id = randomId("evt");
    const created = nowSeconds();
    const data = { object: told };
    this.events.push({ id, object: "event", type, created, livemode: false, data });
  }
}

/** Of a time, newest first, as Stripe lists everything. */
function pageOf<T extends { id: string; created: number }>(
  url: string,
  all: readonly T[],
  form: URLSearchParams,
  show: (one: T) => unknown,
) {
  const since = Number(form.get("created[gte]") ?? 0);
  const until = Number(form.get("created[lte]") ?? Number.POSITIVE_INFINITY);
  const newest = all.filter(({ created }) => created >= since && created <= until).reverse();
  const page = listOf(url, newest, form);
  return { ...page, data: page.data.map(show) };
}

function listOf<T extends { id: string }>(
  url: string,
  newest: readonly T[],
  form: URLSearchParams,
) {
  const after = form.get("starting_after");
  const from = after === null ? 0 : newest.findIndex(({ id }) => id === after) + 1;
  const limit = Number(form.get("limit") ?? 10);
  const data = newest.slice(from, from + limit);
  return { object: "list", url, has_more: newest.length > from + limit, data };
}

function nowSeconds(): number {
  return Math.floor(systemClock.now().getTime() / 1_000);
}

function requireStatus(intent: FakeIntent, status: FakeIntent["status"]): void {
  if (intent.status === status) return;
  const message = `The intent is ${intent.status}.`;
  throw new StripeRefusal(400, "payment_intent_unexpected_state", message);
}

function find<T>(map: ReadonlyMap<string, T>, id: string): T {
  const found = map.get(id);
  if (found === undefined) throw new StripeRefusal(404, "resource_missing", `No such thing: ${id}`);
  return found;
}

function metadataOf(made: Record<string, string>, prefix: string): Record<string, string> {
  const named = Object.entries(made).filter(([name]) => name.startsWith(`${prefix}[`));
  return Object.fromEntries(
    named.map(([name, value]) => [name.slice(prefix.length + 1, -1), value]),
  );
}
