// A fan's way from a seat to a paid order as single requests, each with a key that a retry sends again.
import { generatePrivateKey } from "viem/accounts";
import { randomUuid } from "#server/platform/random.ts";
import { addressOf, newToken } from "./access-requests.ts";
import { type Answer, askOnce, askUntilFinal, type Question } from "./ask.ts";
import { type FakeStripe, sendWebhook } from "./fake-stripe.ts";
import type { House } from "./house.ts";

/** A fan who paid at Stripe comes back, or is told of by Stripe alone. */
export type Leg = "hold" | "order" | "pay" | "return" | "tell";

export interface Traveller {
  buyer: `0x${string}`;
  cookie: string;
  seat: number;
  keys: Record<Leg, string>;
  answers: Partial<Record<Leg, Answer>>;
  hasPaid: boolean;
}

/** Of the process that lives at the moment of asking. */
type Address = string | (() => string);

export interface Journey {
  newFan(seat: number): Promise<Traveller>;
  /** One try of a leg. */
  send(leg: Leg, fan: Traveller, url: string): Promise<Answer>;
  /** A leg as often as it takes. */
  finish(leg: Leg, fan: Traveller, url?: Address): Promise<Answer>;
  /** All of these legs, by default at an API that lives. */
  go(fan: Traveller, legs: readonly Leg[], url?: Address): Promise<void>;
}

export function openJourney(house: House, fake?: FakeStripe): Journey {
  const { url: home, eventId } = house;

  function questionFor(leg: Leg, fan: Traveller): Question {
    if (leg === "return") visit(fan);
    const { cookie, keys } = fan;
    return { ...questionOf(leg, fan), key: keys[leg], cookie };
  }

  const addressOfNow = (url: Address) => (typeof url === "string" ? url : url());

  function questionOf(leg: Leg, fan: Traveller): Pick<Question, "route" | "params" | "body"> {
    if (leg === "hold") {
      return { route: "createHold", params: { eventId }, body: { seats: [fan.seat] } };
    }
    if (leg === "order") {
      return { route: "createOrder", body: { eventId, holdId: idOf(fan, "hold") } };
    }
    const body =
      fake === undefined ? { provider: "development", source: "works" } : { provider: "stripe" };
    return { route: "createPayment", params: { orderId: idOf(fan, "order") }, body };
  }

  /** The fan at Stripe's page. */
  function visit(fan: Traveller): void {
    if (fan.hasPaid) return;
    fake?.pay(String(fan.answers.pay?.body.redirectUrl));
    fan.hasPaid = true;
  }

  async function tellOf(fan: Traveller, url: string): Promise<Answer> {
    visit(fan);
    return tell(idOf(fan, "order"), { url, fake });
  }

  async function finish(leg: Leg, fan: Traveller, url: Address = home): Promise<Answer> {
    if (leg === "tell") return tellOf(fan, addressOfNow(url));
    return askUntilFinal(url, questionFor(leg, fan));
  }

  return {
    finish,
    send: async (leg, fan, url) => {
      if (leg === "tell") return tellOf(fan, url);
      return askOnce(url, questionFor(leg, fan));
    },
    newFan: async (seat) => {
      const buyer = addressOf(generatePrivateKey());
      const [hold, order, pay] = [randomUuid(), randomUuid(), randomUuid()];
      const cookie = `sd_session=${await newToken(house, buyer)}`;
      // Redis remembers the session from here on: that is none of the steps of buying.
      await askOnce(home, { route: "getSession", cookie });
      return {
        ...{ buyer, seat, cookie, answers: {}, hasPaid: false },
        keys: { hold, order, pay, return: randomUuid(), tell: randomUuid() },
      };
    },
    go: async (fan, legs, url = home) => {
      for (const leg of legs) {
        const answer = await finish(leg, fan, url);
        fan.answers[leg] = answer;
        if (answer.status >= 300) {
          throw new Error(`${leg} was answered ${answer.status} ${String(answer.body.code)}`);
        }
      }
    },
  };
}

/** Stripe sends each event of the order again for as long as it is not taken. */
async function tell(
  orderId: string,
  { url, fake }: { url: string; fake: FakeStripe | undefined },
): Promise<Answer> {
  const ofOrder = (fake?.books.events ?? []).filter(({ data }) => {
    const { metadata } = data.object as { metadata?: Record<string, string> };
    return metadata?.orderId === orderId;
  });
  let status = 0;
  for (const event of ofOrder) {
    const response = await sendWebhook(url, JSON.stringify(event));
    await response.arrayBuffer();
    status = Math.max(status, response.status);
  }
  return { status, body: {} };
}

function idOf({ answers }: Traveller, leg: Leg): string {
  return String(answers[leg]?.body.id);
}
