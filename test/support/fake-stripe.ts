// A Stripe on this machine: the part of its HTTP API that we use, webhooks signed as it signs, and its faults.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { systemClock } from "#server/platform/clock.ts";
import { randomId } from "#server/platform/random.ts";
import { type Card, StripeBooks, StripeRefusal } from "./stripe-books.ts";

/** What goes wrong with the next calls whose method and path begin like this. */
export interface StripeFault {
  on: string;
  /**
   * after: the work is done and the answer is a 500. before: only the answer. cut: the work is done
   * and the line goes dead.
   */
  fails?: "before" | "after" | "cut";
  slowMs?: number;
  times: number;
}

export interface FakeStripe {
  apiUrl: string;
  webhookSecret: string;
  books: StripeBooks;
  faults: StripeFault[];
  /** Every call as "METHOD /path key", in the order in which they came. */
  calls: string[];
  /** The fan at Stripe's page, with a card. */
  pay(url: string, card?: Card): void;
  /** Sends the events that were not sent yet to the address; a copy of each at a time. */
  deliver(url: string, how?: { reversed?: boolean; copies?: number }): Promise<number[]>;
  /** Loses the events that were not sent yet; the list of events still has them. */
  lose(): void;
  close(): Promise<void>;
}

const WEBHOOK_SECRET = "whsec_fake_stripe_of_the_tests";
const BODY_BYTES_MAX = 64 * 1024;

export async function openFakeStripe(): Promise<FakeStripe> {
  const books = new StripeBooks();
  const fake = { faults: [] as StripeFault[], calls: [] as string[] };
  const answers = new Map<string, { request: string; status: number; body: unknown }>();
  let sent = 0;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://stripe");
    const form = request.method === "POST" ? await readForm(request) : url.searchParams;
    const key = request.headers["idempotency-key"];
    const call = `${request.method} ${url.pathname}`;
    fake.calls.push(`${call} ${String(key ?? "")}`);
    const fault = takeFault(fake.faults, call);
    if (fault?.slowMs !== undefined) await systemClock.sleep(fault.slowMs);
    const id = typeof key === "string" ? key : undefined;
    const asked = `${call}?${form}`;
    const known = id === undefined ? undefined : answers.get(id);
    if (known !== undefined) {
      if (known.request === asked) return answer(response, known.status, known.body, REPLAYED);
      return answer(response, 400, problem("idempotency_error", "Keys are for one request."));
    }
    const made = fault?.fails === "before" ? serverError() : tryTo(() => books.handle(call, form));
    // As Stripe does it: what was answered to a key first is answered to it always, also a 500.
    const final = fault?.fails === "after" ? serverError() : made;
    if (id !== undefined) answers.set(id, { request: asked, ...final });
    if (fault?.fails === "cut") return void response.destroy();
    answer(response, final.status, final.body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    ...fake,
    apiUrl: `http://127.0.0.1:${port}`,
    webhookSecret: WEBHOOK_SECRET,
    books,
    pay: (url, card) => books.pay(url, card),
    deliver: async (url, how = {}) => {
      const waiting = books.events.slice(sent);
      sent = books.events.length;
      if (how.reversed === true) waiting.reverse();
      const statuses: number[] = [];
      for (const event of waiting) {
        for (let copy = 1; copy <= (how.copies ?? 1); copy += 1) {
          statuses.push((await sendWebhook(url, JSON.stringify(event))).status);
        }
      }
      return statuses;
    },
    lose: () => {
      sent = books.events.length;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** A webhook as Stripe sends it; what differs is what a test is about. */
export async function sendWebhook(
  houseUrl: string,
  payload: string,
  how: { secret?: string; atMs?: number; header?: string | null; body?: string } = {},
): Promise<Response> {
  const { secret = WEBHOOK_SECRET, atMs = systemClock.now().getTime() } = how;
  const timestamp = Math.floor(atMs / 1_000);
  const signed = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  const header = how.header === undefined ? signed : how.header;
  return fetch(new URL("/v1/stripe/events", houseUrl), {
    method: "POST",
    headers: {
      "content-type": "application/json; charset=utf-8",
      ...(header === null ? {} : { "stripe-signature": header }),
    },
    body: how.body ?? payload,
  });
}

function takeFault(faults: StripeFault[], call: string): StripeFault | undefined {
  const fault = faults.find(({ on, times }) => times > 0 && call.startsWith(on));
  if (fault !== undefined) fault.times -= 1;
  return fault;
}

function tryTo(work: () => unknown): { status: number; body: unknown } {
  try {
    return { status: 200, body: work() };
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error;
    const body = problem("invalid_request_error", error.message, error.code);
    return { status: error.status, body };
  }
}

/** The library is told not to try again, as Stripe tells it for a key whose answer is kept. */
function serverError(): { status: number; body: unknown } {
  return { status: 500, body: problem("api_error", "Something went wrong on Stripe's end.") };
}

function problem(type: string, message: string, code?: string) {
  return { error: { type, message, ...(code === undefined ? {} : { code }) } };
}

/** An answer that a key has from before. */
const REPLAYED = { "idempotent-replayed": "true" };

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    ...headers,
    "content-type": "application/json",
    "request-id": randomId("req"),
    ...(status >= 500 ? { "stripe-should-retry": "false" } : {}),
  });
  response.end(JSON.stringify(body));
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = "";
  for await (const part of request) {
    text += String(part);
    if (text.length > BODY_BYTES_MAX) throw new Error("a call to Stripe is too long");
  }
  return new URLSearchParams(text);
}
