// One fan of a drop: comes, holds, orders and pays as the web app would, retries with the same keys, or leaves.
import { createClient } from "#scripts/demo-client.ts";
import { ApiFailure } from "#server/api/client.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Chance } from "../support/seeded.ts";

/** What a fan was told, to be held against the books by somebody else. */
export interface Told {
  orderId: string;
  buyer: string;
  tickets: string[];
}

export type FanEnd =
  | "bought"
  | "paid-unseen"
  | "left-hold"
  | "left-order"
  | "left-page"
  | "none-left"
  | "expired"
  | "gave-up";

export interface FanResult {
  end: FanEnd;
  places: number;
  told: Told | undefined;
}

export interface FanGiven {
  url: string;
  pageUrl: string;
  eventId: string;
  seats: readonly number[];
  key: `0x${string}`;
  chance: Chance;
  newKey: () => string;
}

/** A fan waits for an answer for so long, asking again and again. */
const PATIENCE_MS = 120_000;
const BETWEEN_TRIES_MS = 300;
const PAID_POLL_MS = 400;
const CLIENT_WAIT_MS_MAX = 1_000;
const SIGN_IN_TRIES_MAX = 10;
const HOLD_TRIES_MAX = 12;
const PLACES_MAX = 6;
/** Of a hundred fans. */
const LEAVE_HOLD = 5;
const LEAVE_ORDER = 5;
const LEAVE_PAGE = 4;
const DECLINED = 5;
const NEVER_BACK = 15;

class GaveUp extends Error {}

type Client = ReturnType<typeof createClient>;

export async function beFan(given: FanGiven): Promise<FanResult> {
  const { chance, key, url } = given;
  const fan = createClient(url, key, { waitMsMax: CLIENT_WAIT_MS_MAX });
  let places = 1 + chance(PLACES_MAX);
  const ended = (end: FanEnd, told?: Told): FanResult => ({ end, places, told });
  try {
    await signIn(fan);
    const held = await hold(given, fan, places);
    if (held === undefined) return ended("none-left");
    places = held.seats.length;
    if (chance(100) < LEAVE_HOLD) return ended("left-hold");
    const orderKey = given.newKey();
    const body = { eventId: given.eventId, holdId: held.id };
    const { id } = await patiently(() => fan.call("createOrder", { body, key: orderKey }));
    if (chance(100) < LEAVE_ORDER) return ended("left-order");
    return await pay(given, fan, id, ended);
  } catch (error) {
    if (error instanceof GaveUp) return ended("gave-up");
    if (!(error instanceof ApiFailure)) throw error;
    if (ENDED.has(error.code)) return ended("expired");
    throw error;
  }
}

const ENDED = new Set(["hold/expired", "hold/seat-taken", "order/expired", "order/wrong-state"]);

/** A nonce that Redis lost is asked for anew, as the page does. */
async function signIn(fan: Client): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      await patiently(() => fan.signIn());
      return;
    } catch (error) {
      const isNew = error instanceof ApiFailure && error.code === "auth/nonce-used";
      if (!isNew || tried === SIGN_IN_TRIES_MAX) throw error;
    }
  }
}

/** Nothing when the house is full. */
async function hold(
  given: FanGiven,
  fan: Client,
  places: number,
): Promise<{ id: string; seats: number[] } | undefined> {
  const { chance, seats, eventId } = given;
  const params = { eventId };
  const at = chance(seats.length);
  let wish: { seats: number[] } | { best: { places: number; together: boolean } } =
    chance(2) === 0 ? { seats: seats.slice(at, at + places) } : best(places);
  for (let tried = 1; tried <= HOLD_TRIES_MAX; tried += 1) {
    const body = wish;
    const key = given.newKey();
    try {
      return await patiently(() => fan.call("createHold", { params, body, key }));
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      if (error.code === "hold/none-left") {
        if (places === 1) return undefined;
        places -= 1;
        wish = best(places);
      } else if (error.code === "hold/seat-taken") {
        const [nearest] = (error.data.alternatives ?? []) as number[][];
        wish = nearest === undefined ? best(places) : { seats: nearest };
      } else throw error;
    }
  }
  return undefined;
}

const best = (places: number) => ({ best: { places, together: false } });

async function pay(
  given: FanGiven,
  fan: Client,
  orderId: string,
  ended: (end: FanEnd, told?: Told) => FanResult,
): Promise<FanResult> {
  const { chance } = given;
  const ask = (key: string) => () =>
    fan.call("createPayment", { params: { orderId }, body: { provider: "stripe" }, key });
  const begun = await patiently(ask(given.newKey()));
  if (begun.redirectUrl !== null) {
    if (chance(100) < LEAVE_PAGE) return ended("left-page");
    if (chance(100) < DECLINED) await visitPage(given, begun.redirectUrl, "declines");
    if (!(await visitPage(given, begun.redirectUrl, "works"))) return ended("expired");
  }
  if (chance(100) < NEVER_BACK) return ended("paid-unseen");
  // Coming back asks anew, as the page does; whoever is told first, it is one payment.
  await patiently(ask(given.newKey()));
  const told = await seePaid(fan, orderId);
  return told === undefined ? ended("expired") : ended("bought", told);
}

/** False where the page is closed. */
async function visitPage({ pageUrl }: FanGiven, url: string, card: string): Promise<boolean> {
  const body = JSON.stringify({ url, card });
  return (await fetch(pageUrl, { method: "POST", body })).ok;
}

const PAID = new Set(["paid", "fulfilled", "attention"]);

async function seePaid(fan: Client, orderId: string): Promise<Told | undefined> {
  const endMs = systemClock.monotonicMs() + PATIENCE_MS;
  while (systemClock.monotonicMs() < endMs) {
    const order = await patiently(() => fan.call("getOrder", { params: { orderId } }));
    const { id, buyer, lines, state } = order;
    if (PAID.has(state)) {
      return { orderId: id, buyer, tickets: lines.map(({ ticketId }) => ticketId) };
    }
    if (state === "expired") return undefined;
    await systemClock.sleep(PAID_POLL_MS);
  }
  throw new GaveUp();
}

/** The same request with the same key for as long as it says so; a fan's patience ends. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  const endMs = systemClock.monotonicMs() + PATIENCE_MS;
  while (systemClock.monotonicMs() < endMs) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      if (error.retry !== "same") throw error;
      await systemClock.sleep(BETWEEN_TRIES_MS);
    }
  }
  throw new GaveUp();
}
