// The fake Stripe as a process of its own: its API, the page at which fans pay, and webhooks that may get lost.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "#server/platform/clock.ts";
import { openFakeStripe, sendWebhook } from "../support/fake-stripe.ts";
import { chanceOf } from "../support/seeded.ts";
import { type Card, StripeRefusal } from "../support/stripe-books.ts";

const ROUND_MS = 100;
const TRIES_MAX = 3;
const BETWEEN_TRIES_MS = 1_000;
/** One in so many never arrives, however often it is sent. */
const LOST_ONE_IN = 10;

const [webhooksTo = "", seed = "0"] = process.argv.slice(2);
const fake = await openFakeStripe();
const chance = chanceOf(Number(seed));

/** The fan's browser at Stripe's page. */
const page = createServer(async (request, response) => {
  let text = "";
  for await (const part of request) text += String(part);
  const { url, card } = JSON.parse(text) as { url: string; card: Card };
  try {
    fake.pay(url, card);
    response.end();
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error;
    response.writeHead(error.status).end(error.code);
  }
});
await new Promise<void>((done) => page.listen(0, "127.0.0.1", done));

async function send(payload: string): Promise<void> {
  for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
    const status = await sendWebhook(webhooksTo, payload).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status >= 200 && status < 300) return;
    await systemClock.sleep(BETWEEN_TRIES_MS * tried);
  }
}

async function sendAll(): Promise<never> {
  for (let sent = 0; ; ) {
    const waiting = fake.books.events.slice(sent);
    sent += waiting.length;
    const told = waiting.filter(() => chance(LOST_ONE_IN) > 0);
    for (const event of told) void send(JSON.stringify(event));
    await systemClock.sleep(ROUND_MS);
  }
}

const { port } = page.address() as AddressInfo;
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
const { apiUrl, webhookSecret } = fake;
process.send?.({ apiUrl, webhookSecret, pageUrl: `http://127.0.0.1:${port}` });
await sendAll();
