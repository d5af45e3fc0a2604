// Found: errors of Redis' and the chain's clients hold passwords, API keys and transactions, and the log printed them.
import { Writable } from "node:stream";
import { expect } from "chai";
import { Redis } from "ioredis";
import { type Logger, pino } from "pino";
import { createWalletClient, http } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { foundry } from "viem/chains";
import { Fault } from "#server/domain/failure.ts";
import { logOptions } from "#server/platform/log.ts";
import { onRedis } from "#server/platform/redis.ts";
import { requireVariable } from "../support/variables.ts";

const SECRET = "s3cret-of-ours";
const CLOSED_PORT = 1;

describe("an error in the log", () => {
  function record(err: unknown): { text: string; err: Record<string, unknown> } {
    let text = "";
    const sink = new Writable({
      write(part, _encoding, done) {
        text += String(part);
        done();
      },
    });
    const log: Logger = pino(logOptions({ name: "test", level: "info" }), sink);
    log.warn({ err }, "line");
    return { text, err: (JSON.parse(text) as { err: Record<string, unknown> }).err };
  }

  const failureOf = (call: Promise<unknown>): Promise<Error> =>
    call.then(
      () => {
        throw new Error("it worked");
      },
      (error: Error) => error,
    );

  async function withRedis<T>(url: string, ask: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => undefined);
    try {
      return await ask(client);
    } finally {
      client.disconnect();
    }
  }

  it("has its kind, code, place and cause, and no other member", () => {
    const cause = Object.assign(new TypeError("inside"), { code: "EINSIDE", extra: SECRET });
    const error = Object.assign(new Error("outside", { cause }), { config: { key: SECRET } });
    const { text, err } = record(error);
    expect(text).not.to.include(SECRET);
    expect(Object.keys(err)).to.have.members(["type", "message", "stack", "cause"]);
    expect(err.cause).to.include({ type: "TypeError", code: "EINSIDE", message: "inside" });
    expect(err.stack).to.include("errors-carried-secrets");
  });

  it("shows no password that Redis refused", async () => {
    const url = new URL(requireVariable("TEST_REDIS_URL"));
    url.username = "nobody";
    url.password = SECRET;
    const error = await withRedis(url.href, (client) => {
      const refused = new Promise<Error>((resolve) => client.once("error", resolve));
      client.connect().catch(() => undefined);
      return refused;
    });
    expect(JSON.stringify(error), "the client's own error").to.include(SECRET);
    const { text, err } = record(error);
    expect(text).not.to.include(SECRET);
    expect(err.message).to.match(/WRONGPASS/);
  });

  it("shows no argument of a command that Redis refused", async () => {
    await withRedis(requireVariable("TEST_REDIS_URL"), async (client) => {
      await client.set("list:of:test", "x");
      const wrong = await failureOf(onRedis(() => client.lpush("list:of:test", SECRET)));
      const unknown = await failureOf(onRedis(() => client.call("NOSUCH", SECRET)));
      await client.del("list:of:test");
      expect(record(wrong).text).not.to.include(SECRET);
      expect(record(unknown).text).not.to.include(SECRET);
      expect(
        record(new Fault("server/unavailable", "Away.", { cause: wrong })).text,
      ).not.to.include(SECRET);
    });
  });

  for (const [what, url] of [
    ["that is away", `http://127.0.0.1:${CLOSED_PORT}/v2/${SECRET}?key=${SECRET}`],
    ["that refuses", `${requireRpc()}/${SECRET}?key=${SECRET}`],
    ["whose address has a password", `http://user:${SECRET}@127.0.0.1:${CLOSED_PORT}/`],
    ["that answers with an error", `${requireRpc()}/?key=${SECRET}`],
  ] as const) {
    it(`shows neither address nor transaction to a node ${what}`, async () => {
      const account = privateKeyToAccount(generatePrivateKey());
      const wallet = createWalletClient({
        account,
        chain: foundry,
        transport: http(url, { retryCount: 0 }),
      });
      const raw = await account.signTransaction({
        ...{ to: account.address, value: 1n, nonce: 0, chainId: 31_337, gas: 21_000n },
        ...{ maxFeePerGas: 1n, maxPriorityFeePerGas: 1n },
      });
      for (const error of [
        await failureOf(wallet.sendRawTransaction({ serializedTransaction: raw })),
        await failureOf(
          wallet.sendTransaction({ to: account.address, data: `0x${"ab".repeat(99)}` }),
        ),
      ]) {
        const { text, err } = record(error);
        expect(text).not.to.include(SECRET);
        expect(text).not.to.include(raw.slice(2));
        expect(text).not.to.include("ab".repeat(99));
        expect(text).not.to.include("Request body");
        expect(err.type).to.match(/Error$/);
        expect(err.stack).to.be.a("string");
      }
    });
  }

  it("keeps hashes, which a person looks up", () => {
    const hash = `0x${"c".repeat(64)}`;
    expect(record(new Error(`Transaction ${hash} is lost.`)).text).to.include(hash);
  });

  it("shows where a service is and not how to get in", () => {
    const urls = [
      `postgresql://u:${SECRET}@db.example:5432/x`,
      `rediss://:${SECRET}@redis.example`,
    ];
    const { err } = record(new Error(`Cannot reach ${urls.join(" or ")}.`));
    expect(err.message).to.equal(
      "Cannot reach postgresql://db.example:5432 or rediss://redis.example.",
    );
  });

  it("ends although a cause is its own cause", () => {
    const error = new Error("round");
    error.cause = error;
    expect(record(error).err.message).to.equal("round");
  });
});

function requireRpc(): string {
  return requireVariable("TEST_RPC_URL").replace(/\/$/, "");
}
