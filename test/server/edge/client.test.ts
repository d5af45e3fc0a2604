// The typed client: what it sends, when it sends the same again, and what it makes of failures.
import { expect } from "chai";
import { ApiFailure, createClient } from "#server/api/client.ts";

const ENDPOINTS = {
  getOrder: "GET /v1/orders/:orderId",
  createOrder: "POST /v1/orders",
  listTickets: "GET /v1/tickets",
  signOut: "DELETE /v1/auth/session",
} as const;
const ORDER_ID = `ord_${"0".repeat(26)}`;
const BODY = { eventId: "evt_1_1", holdId: `hld_${"0".repeat(26)}` };

type Sent = { address: string; init: RequestInit };

/** A client whose server answers what is listed, one after the other. */
function clientOf(answers: (Response | Error)[], options: { triesMax?: number } = {}) {
  const sent: Sent[] = [];
  let keys = 0;
  const call = createClient({
    endpoints: ENDPOINTS,
    fetch: async (address, init) => {
      sent.push({ address, init });
      const answer = answers[Math.min(sent.length, answers.length) - 1] as Response | Error;
      if (answer instanceof Error) throw answer;
      return answer.clone();
    },
    newKey: () => {
      keys += 1;
      return `key-${keys}`;
    },
    timeoutMs: 1_000,
    triesMax: options.triesMax ?? 3,
  });
  return { call, sent };
}

const problem = (code: string, retry: string, status: number, headers = {}) =>
  Response.json({ code, retry, status, detail: "no", seats: [1] }, { status, headers });

async function failure(call: Promise<unknown>): Promise<ApiFailure> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(ApiFailure);
  return error as ApiFailure;
}

describe("the typed client", () => {
  it("fills in the address and leaves out what is not given", async () => {
    const { call, sent } = clientOf([Response.json({})]);
    await call("getOrder", { params: { orderId: "ord_/?" } });
    await call("listTickets", { query: { owner: "0x1", cursor: undefined, limit: 5 } });
    expect(sent.map(({ address }) => address)).to.deep.equal([
      "/v1/orders/ord_%2F%3F",
      "/v1/tickets?owner=0x1&limit=5",
    ]);
    expect(sent[0]?.init).to.include({ method: "GET", body: null });
  });

  it("sends the same key with every try of one call, and another with the next", async () => {
    const away = problem("server/unavailable", "same", 503, { "retry-after": "0" });
    const { call, sent } = clientOf([
      away,
      new TypeError("reset"),
      Response.json({}),
      Response.json({}),
    ]);
    await call("createOrder", { body: BODY });
    await call("createOrder", { body: BODY });
    await call("createOrder", { body: BODY, key: "mine" });
    const keys = sent.map(({ init }) => new Headers(init.headers).get("idempotency-key"));
    expect(keys).to.deep.equal(["key-1", "key-1", "key-1", "key-2", "mine"]);
  });

  it("sends again only what may be sent again, and only so often", async () => {
    const away = clientOf([problem("server/unavailable", "same", 503, { "retry-after": "0" })]);
    expect(await failure(away.call("getOrder", { params: { orderId: ORDER_ID } }))).to.include({
      code: "server/unavailable",
      retryAfterMs: 0,
    });
    expect(away.sent.length).to.equal(3);
    for (const retry of ["never", "new"]) {
      const { call, sent } = clientOf([problem("hold/expired", retry, 410)]);
      await failure(call("createOrder", { body: BODY }));
      expect(sent.length).to.equal(1);
    }
  });

  it("waits as long as it is told to, and does not wait for long", async () => {
    const soon = clientOf([
      problem("request/rate-limited", "same", 429, { "retry-after": "1" }),
      Response.json({}),
    ]);
    const startedMs = performance.now();
    await soon.call("getOrder", { params: { orderId: ORDER_ID } });
    expect(performance.now() - startedMs).to.be.within(950, 3_000);
    const later = clientOf([problem("request/rate-limited", "same", 429, { "retry-after": "60" })]);
    const found = await failure(later.call("getOrder", { params: { orderId: ORDER_ID } }));
    expect(found.retryAfterMs).to.equal(60_000);
    expect(later.sent.length).to.equal(1);
  });

  it("stops when its caller does", async () => {
    const stop = new AbortController();
    const { call, sent } = clientOf([
      problem("server/unavailable", "same", 503, { "retry-after": "5" }),
    ]);
    const asked = failure(call("getOrder", { params: { orderId: ORDER_ID }, signal: stop.signal }));
    setTimeout(() => stop.abort(), 50);
    const startedMs = performance.now();
    await asked;
    expect(performance.now() - startedMs).to.be.lessThan(2_000);
    expect(sent.length).to.be.at.most(2);
  });

  it("tells what is missing apart: no answer, no problem document, a problem with its data", async () => {
    const params = { orderId: ORDER_ID };
    const once = { triesMax: 1 };
    const gone = clientOf([new TypeError("fetch failed")], once);
    expect(await failure(gone.call("getOrder", { params }))).to.include({
      code: "client/unreachable",
      retry: "same",
    });
    const proxy = clientOf([new Response("<html>Bad gateway</html>", { status: 502 })], once);
    expect(await failure(proxy.call("getOrder", { params }))).to.include({
      code: "client/unexpected",
      retry: "same",
    });
    const taken = clientOf([problem("hold/seat-taken", "new", 409)], once);
    expect((await failure(taken.call("getOrder", { params }))).data.seats).to.deep.equal([1]);
  });

  it("answers nothing where there is nothing to answer", async () => {
    const { call } = clientOf([new Response(null, { status: 204 })]);
    expect(await call("signOut")).to.equal(undefined);
  });
});
