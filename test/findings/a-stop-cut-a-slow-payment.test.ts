// Found: a stop gave every answer two seconds, and cut payments that were waiting for a slow Stripe.
import { once } from "node:events";
import { get, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { systemClock } from "#server/platform/clock.ts";
import { DRAIN_MS, DRAIN_MS_QUICK, GRACE_MS } from "#server/platform/drain.ts";
import { readEnv } from "#server/platform/env.ts";
import { closeHttp, listen } from "#server/platform/http.ts";

const SLOW_MS = DRAIN_MS_QUICK + 300;
/** All tries of a call to Stripe. */
const STRIPE_LIMIT_MS = 7_000;

describe("a stop while a payment is under way", () => {
  const answerSlowly: RequestListener = (_request, response) => {
    setTimeout(() => response.end("paid"), SLOW_MS);
  };

  async function stopWithin(limitMs: number): Promise<string> {
    const server = await listen(answerSlowly, { host: "127.0.0.1", port: 0 });
    const { port } = server.address() as AddressInfo;
    const request = get({ host: "127.0.0.1", port, agent: false });
    const answered = once(request, "response").then(
      async ([response]: IncomingMessage[]) => {
        let text = "";
        for await (const part of response as IncomingMessage) text += String(part);
        return text;
      },
      (error: NodeJS.ErrnoException) => error.code ?? "",
    );
    await once(server, "request");
    await closeHttp(server, limitMs);
    return answered;
  }

  it("answers it before it ends, and cuts it where the limit is the launcher's", async () => {
    const beganMs = systemClock.monotonicMs();
    const ends = await Promise.all([stopWithin(DRAIN_MS), stopWithin(DRAIN_MS_QUICK)]);
    expect(ends).to.deep.equal(["paid", "ECONNRESET"]);
    // It waits for answers, not for its limit.
    expect(systemClock.monotonicMs() - beganMs).to.be.below(DRAIN_MS);
  });

  it("gives a payment as long as Stripe may take, unless told otherwise", () => {
    const { drainMs, graceMs } = readEnv({
      PUBLIC_URL: "https://tickets.example.org",
      DATABASE_URL: "postgresql://a:b@localhost/c",
      REDIS_URL: "redis://localhost",
      DEPLOYMENTS: JSON.stringify([
        {
          id: 1,
          chainId: 1,
          rpcUrl: "https://rpc.test",
          tickets: `0x${"1".repeat(40)}`,
          startBlock: 0,
        },
      ]),
    });
    expect(drainMs).to.equal(DRAIN_MS).and.to.be.above(STRIPE_LIMIT_MS);
    expect(graceMs).to.equal(GRACE_MS);
  });
});
