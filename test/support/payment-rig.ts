// One way to pay for each provider, with the faults that it can have, so that one suite can hold them all to it.
import { Fault, Refusal } from "#server/domain/failure.ts";
import type { PaymentProvider, ProviderPayment } from "#server/pay/provider.ts";
import { handleEvents } from "#server/pay/stripe/handle-events.ts";
import { pollEvents } from "#server/pay/stripe/poll-events.ts";
import { expireOrders, sweepPayments } from "#server/pay/sweep-payments.ts";
import type { PayDeps, PaymentAnswer } from "#server/pay/take-payment.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Log } from "#server/platform/log.ts";
import { randomUuid } from "#server/platform/random.ts";
import { type FakeStripe, openFakeStripe } from "./fake-stripe.ts";
import { type House, openHouse } from "./house.ts";
import { takePayment } from "./pay-work.ts";
import { SOON_FINAL } from "./refund-work.ts";

export interface Order {
  id: string;
  buyer: `0x${string}`;
}

export type Step = "authorise" | "capture" | "void" | "payBack";

/** How an attempt to pay goes on once it is authorised, or is not. */
export interface Way {
  card?: "works" | "declines" | "partial" | "foreign";
  /** Done between the authorisation and our hearing of it. */
  meanwhile?: () => Promise<void>;
  /** How it is told; by default once and in order. */
  told?: "never" | "reversed" | "thrice";
}

export interface Rig {
  house: House;
  /** As the worker has it, faults included; a wallet has none. */
  provider: PaymentProvider;
  /** All that a fan does to pay, and what is told of it; failures of the way are the rig's. */
  pay(order: Order, way?: Way): Promise<void>;
  /** Presses the button alone. */
  press(order: Order): Promise<PaymentAnswer>;
  /** The next calls of the step fail, before or after it is done. */
  fail(step: Step, when: "before" | "after", times?: number): void;
  /** The next refund is refused by who should pay it. */
  refuse(): void;
  /** What the worker does, as long after the last call as its sweeps may take. */
  sweep(): Promise<void>;
  /** What the provider has of the order's money. */
  kept(orderId: string): bigint;
  /** What it could still take. */
  authorised(orderId: string): bigint;
  close(): Promise<void>;
}

export interface StripeRig extends Rig {
  fake: FakeStripe;
}

export async function openStripeRig(options: { log?: Log } = {}): Promise<StripeRig> {
  const fake = await openFakeStripe();
  const { apiUrl, webhookSecret } = fake;
  const stripe = { apiUrl, webhookSecret };
  const house = await openHouse({ finality: SOON_FINAL, ...options, stripe });
  if (house.stripe === undefined) throw new Error("the house has no Stripe");
  const deps = { ...house, stripe: house.stripe.client, clock: systemClock };
  const press = (order: Order) => takePayment(deps, wishOf(order, "checkout"));
  const intents = (orderId: string) =>
    [...fake.books.intents.values()].filter(({ metadata }) => metadata.orderId === orderId);
  const paths: Record<Step, string[]> = {
    authorise: ["POST /v1/checkout/sessions"],
    capture: ["POST /v1/payment_intents"],
    void: ["POST /v1/payment_intents", "POST /v1/refunds"],
    payBack: ["POST /v1/refunds"],
  };
  const tell = async (told: Way["told"]) => {
    if (told === "never") return fake.lose();
    const copies = told === "thrice" ? 3 : 1;
    await fake.deliver(house.url, { copies, reversed: told === "reversed" });
    await handleEvents(deps);
  };
  return {
    ...{ house, fake, press, provider: house.provider },
    refuse: () => void fake.books.refusals.push("balance_insufficient"),
    pay: async (order, { card = "works", meanwhile, told } = {}) => {
      const begun = await press(order).catch(quiet);
      if (begun?.redirectUrl == null) return;
      fake.pay(begun.redirectUrl, card);
      await meanwhile?.();
      await tell(told);
    },
    fail: (step, when, times = 1) => {
      for (const on of paths[step]) fake.faults.push({ on, fails: when, times });
    },
    sweep: async () => {
      await grow(house);
      await expireOrders(house);
      await sweepPayments(deps);
      await pollEvents(deps);
      await handleEvents(deps);
    },
    kept: (orderId) =>
      sum(intents(orderId).map(({ amount_received, bank }) => amount_received - bank.refunded)),
    authorised: (orderId) => sum(intents(orderId).map((intent) => intent.amount_capturable)),
    close: async () => {
      await house.close();
      await fake.close();
    },
  };
}

type Memory = Map<string, { orderId: string; held: bigint; kept: bigint }>;

/** The development provider with faults around it; its own list is held against this memory. */
function openFlaky(house: House) {
  const books: Memory = new Map();
  const given = new Set<string>();
  const faults: { step: Step; when: "before" | "after"; times: number }[] = [];
  const state = { way: {} as Way, refusals: 0 };
  const flaky = async <T>(step: Step, work: () => Promise<T>): Promise<T> => {
    const fault = faults.find((one) => one.step === step && one.times > 0);
    if (fault !== undefined) fault.times -= 1;
    if (fault?.when === "before") throw new Fault("server/unavailable", "It is down.");
    const done = await work();
    if (fault !== undefined) throw new Fault("server/unavailable", "Its answer got lost.");
    return done;
  };
  const entry = ({ paymentId }: { paymentId: string }) => books.get(paymentId);
  const provider: PaymentProvider = {
    ...house.provider,
    authorise: (charge) =>
      flaky("authorise", async () => {
        const known = entry(charge);
        const answer = await house.provider.authorise(charge);
        const { paymentId, orderId, amount } = charge;
        const held = answer.outcome === "authorised" ? amount : 0n;
        // Of two that ask at once the slower one hears of it when the other has taken the money.
        if (entry(charge) === known) books.set(paymentId, { orderId, held, kept: 0n });
        await state.way.meanwhile?.();
        return answer;
      }),
    capture: (payment: ProviderPayment) =>
      flaky("capture", async () => {
        const found = entry(payment);
        if (state.way.card === "partial" || state.way.card === "foreign") {
          if (found !== undefined) found.held = 0n;
          await house.provider.void(payment);
          throw new Refusal("pay/declined", "The bank lets only a part be captured.");
        }
        await house.provider.capture(payment);
        books.set(payment.paymentId, {
          ...{ orderId: found?.orderId ?? "", held: 0n },
          kept: payment.amount,
        });
      }),
    void: (payment) =>
      flaky("void", async () => {
        await house.provider.void(payment);
        const found = entry(payment);
        if (found !== undefined) books.set(payment.paymentId, { ...found, held: 0n, kept: 0n });
      }),
    payBack: (payment, wish) =>
      flaky("payBack", async () => {
        if (state.refusals > 0) {
          state.refusals -= 1;
          return { standing: "refused", reason: "There is too little on the account." } as const;
        }
        const found = entry(payment);
        const key = `${wish.refundId}:${wish.attempt}`;
        if (found !== undefined && !given.has(key)) found.kept -= wish.amount;
        given.add(key);
        return house.provider.payBack(payment, wish);
      }),
  };
  return { provider, books, faults, state };
}

export async function openDevelopmentRig(): Promise<Rig> {
  const house = await openHouse({ finality: SOON_FINAL });
  const { provider, books, faults, state } = openFlaky(house);
  const deps: PayDeps = { ...house, provider };
  const press = (order: Order) =>
    takePayment(deps, wishOf(order, state.way.card === "declines" ? "declines" : "works"));
  const of = (orderId: string) => [...books.values()].filter((one) => one.orderId === orderId);
  return {
    ...{ house, press, provider },
    refuse: () => {
      state.refusals += 1;
    },
    pay: async (order, chosen = {}) => {
      state.way = chosen;
      const times = chosen.told === "thrice" ? 3 : 1;
      await Promise.all(Array.from({ length: times }, () => press(order).catch(quiet)));
      state.way = {};
    },
    fail: (step, when, times = 1) => void faults.push({ step, when, times }),
    sweep: async () => {
      await grow(house);
      await expireOrders(house);
      await sweepPayments(deps);
    },
    kept: (orderId) => of(orderId).reduce((total, { kept }) => total + kept, 0n),
    authorised: (orderId) => of(orderId).reduce((total, { held }) => total + held, 0n),
    close: () => house.close(),
  };
}

function wishOf({ id, buyer }: Order, source: string) {
  return { orderId: id, buyer, source, key: randomUuid() };
}

/** What a fan is told of: a refusal, or that something is down. Everything else is a bug. */
export function quiet(error: unknown): undefined {
  if (error instanceof Refusal || error instanceof Fault) return undefined;
  throw error;
}

function sum(amounts: readonly number[]): bigint {
  return BigInt(amounts.reduce((total, amount) => total + amount, 0));
}

/** As if the sweep's patience were over: payments wait half a minute for their request. */
async function grow({ db }: House): Promise<void> {
  await db.query({
    text: `UPDATE sale.payment SET updated_at = updated_at - interval '1 minute'
           WHERE state IN ('started', 'authorised')`,
  });
  await db.query({ text: "UPDATE sale.provider_event SET due_at = now()" });
}
