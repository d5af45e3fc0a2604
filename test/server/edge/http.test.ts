// The edge of the API: what every route refuses, and how it says so.
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { ERRORS, type ErrorCode } from "#server/api/errors.ts";
import { Problem } from "#server/api/problem.ts";
import { ROUTES } from "#server/api/routes.ts";
import { type House, openHouse } from "../../support/house.ts";

describe("the API's edge", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  async function ask(path: string, init: RequestInit = {}) {
    const response = await fetch(new URL(path, house.url), init);
    return { response, body: await response.text() };
  }

  async function problem(path: string, init: RequestInit, code: ErrorCode) {
    const { response, body } = await ask(path, init);
    expect(response.headers.get("content-type")).to.include("application/problem+json");
    const parsed = Problem.parse(JSON.parse(body));
    expect(parsed.code).to.equal(code);
    expect(response.status).to.equal(ERRORS[code].status);
    expect(parsed.traceId).to.equal(response.headers.get("x-request-id"));
    expect(body).not.to.match(/at \w+ \(|node_modules|\.ts:/);
    return { response, problem: parsed };
  }

  const json = { "content-type": "application/json" };
  const post = (body: string, headers: Record<string, string> = json) => ({
    method: "POST",
    headers,
    body,
  });

  it("answers a problem for a route that is not there", async () => {
    await problem("/v1/nothing", {}, "request/not-found");
    await problem("/v1/events/evt_1_1/nothing", {}, "request/not-found");
    await problem("/wp-login.php", {}, "request/not-found");
    await problem("/nothing", {}, "request/not-found");
  });

  it("names the methods that a route takes", async () => {
    const { response } = await problem(
      "/v1/orders",
      { method: "PUT" },
      "request/method-not-allowed",
    );
    expect(response.headers.get("allow")).to.equal("POST, OPTIONS");
    const options = await ask("/v1/auth/session", { method: "OPTIONS" });
    expect(options.response.status).to.equal(204);
    expect(options.response.headers.get("allow")).to.equal("POST, GET, HEAD, DELETE, OPTIONS");
    expect(options.response.headers.has("access-control-allow-origin")).to.equal(false);
  });

  it("answers HEAD as GET, without the body", async () => {
    const { response, body } = await ask("/v1/events", { method: "HEAD" });
    expect(response.status).to.equal(200);
    expect(response.headers.get("content-type")).to.include("application/json");
    expect(body).to.equal("");
    const nowhere = await ask("/v1/events/evt_1_9999999", { method: "HEAD" });
    expect(nowhere.response.status).to.equal(404);
  });

  it("refuses to answer in a form that it does not have", async () => {
    const wants = (accept: string) => ({ headers: { accept } });
    await problem("/v1/events", wants("text/html"), "request/not-acceptable");
    await problem("/v1/events", wants("application/json;q=0"), "request/not-acceptable");
    for (const accept of ["*/*", "application/json", "application/*, text/html;q=0.9"]) {
      expect((await ask("/v1/events", wants(accept))).response.status).to.equal(200);
    }
  });

  it("tells when to send again wherever it says that the same may be sent", () => {
    for (const [code, { retry, status }] of Object.entries(ERRORS)) {
      if (status === 503 || status === 429) expect(retry, code).to.equal("same");
    }
  });

  /** What no HTTP client would send. */
  async function raw(bytes: string): Promise<{ head: string; problem: Problem }> {
    const { hostname, port } = new URL(house.url);
    const socket = connect(Number(port), hostname);
    socket.end(bytes);
    const answer = await text(socket);
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    return { head, problem: Problem.parse(JSON.parse(body)) };
  }

  it("answers a problem for headers that are too long, and for what is no HTTP", async () => {
    const long = `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`;
    const headers = await raw(long);
    expect(headers.head).to.match(/^HTTP\/1.1 431 /);
    expect(headers.problem.code).to.equal("request/headers-too-large");
    expect(headers.head).to.include(headers.problem.traceId);
    const nonsense = await raw("HELLO\r\n\r\n");
    expect(nonsense.head).to.match(/^HTTP\/1.1 400 /);
    expect(nonsense.problem.code).to.equal("request/invalid");
  });

  it("refuses malformed JSON, and JSON that is no object", async () => {
    await problem("/v1/auth/session", post("{"), "request/invalid");
    await problem("/v1/auth/session", post('"text"'), "request/invalid");
    await problem("/v1/auth/session", post("[]"), "request/invalid");
  });

  it("refuses a body over 64 KiB", async () => {
    const body = JSON.stringify({ message: "x".repeat(70_000), signature: "0x" });
    await problem("/v1/auth/session", post(body), "request/too-large");
  });

  it("refuses a body that is not JSON", async () => {
    await problem(
      "/v1/auth/session",
      post("a=1", { "content-type": "text/plain" }),
      "request/content-type",
    );
    await problem(
      "/v1/auth/session",
      post("{}", { "content-type": "application/json; charset=nonsense" }),
      "request/content-type",
    );
  });

  for (const encoding of ["gzip", "br", "deflate"]) {
    it(`refuses a body that is not ${encoding} although it says so`, async () => {
      const headers = { ...json, "content-encoding": encoding };
      await problem("/v1/auth/session", post("not compressed", headers), "request/invalid");
    });
  }

  it("refuses an unknown field and points at it", async () => {
    const body = JSON.stringify({ message: "m", signature: "0x", extra: 1 });
    const { problem: found } = await problem("/v1/auth/session", post(body), "request/invalid");
    expect(found.errors?.[0]?.detail).to.include("extra");
  });

  it("points at a wrong field in path and query", async () => {
    const path = await problem("/v1/tickets/tkt_x", {}, "request/invalid");
    expect(path.problem.errors?.[0]?.pointer).to.equal("/path/ticketId");
    const query = await problem("/v1/tickets?owner=me", {}, "request/invalid");
    expect(query.problem.errors?.[0]?.pointer).to.equal("/query/owner");
    await problem(`/v1/tickets?owner=0x${"1".repeat(40)}&sort=up`, {}, "request/invalid");
  });

  it("refuses a broken escape in the path", async () => {
    await problem("/v1/events/%E0%A4%A", {}, "request/invalid");
  });

  it("refuses what a page of another site sends", async () => {
    const init = { method: "POST", headers: { origin: "https://evil.example" } };
    await problem("/v1/auth/nonce", init, "request/origin-refused");
    // A caller's text must never be taken for an error of Postgres.
    const quoting = { method: "POST", headers: { origin: "http://Connection terminated" } };
    await problem("/v1/auth/nonce", quoting, "request/origin-refused");
    for (const site of ["cross-site", "same-site", "something-new"]) {
      const headers = { "sec-fetch-site": site };
      await problem("/v1/auth/nonce", { method: "POST", headers }, "request/origin-refused");
    }
    await problem(
      "/v1/auth/nonce",
      { method: "POST", headers: { origin: "null" } },
      "request/origin-refused",
    );
    const { response } = await ask("/v1/auth/nonce", {
      method: "POST",
      headers: { origin: house.url, "sec-fetch-site": "same-origin" },
    });
    expect(response.status).to.equal(201);
  });

  for (const [name, route] of Object.entries(ROUTES)) {
    if (route.access === "public") continue;
    it(`asks for a session on ${route.method} ${route.path}`, async () => {
      const path = route.path
        .replace(":eventId", house.eventId)
        .replace(":orderId", `ord_${"0".repeat(26)}`)
        .replace(":holdId", `hld_${"0".repeat(26)}`);
      const sends = "body" in route || route.method === "POST";
      const init = sends ? { ...post("{}"), method: route.method } : { method: route.method };
      await problem(path, init, "auth/required");
      await problem(
        path,
        { ...init, headers: { ...json, cookie: "sd_session=made-up" } },
        "auth/required",
      );
      expect(name).to.be.a("string");
    });
  }

  it("needs an Idempotency-Key where a route spends, and a sane one", async () => {
    const fan = await house.fan();
    const cookie = await cookieOf(fan.account.address);
    const body = JSON.stringify({ eventId: house.eventId, holdId: `hld_${"0".repeat(26)}` });
    await problem("/v1/orders", post(body, { ...json, cookie }), "request/key-missing");
    const long = { ...json, cookie, "idempotency-key": "k".repeat(101) };
    await problem("/v1/orders", post(body, long), "request/invalid");
  });

  async function cookieOf(address: string): Promise<string> {
    const { createSession } = await import("#server/auth/session.ts");
    const { systemClock } = await import("#server/platform/clock.ts");
    const { token } = await createSession(
      { db: house.db, redis: house.redis, clock: systemClock },
      { address: address.toLowerCase() as `0x${string}`, userAgent: "test", method: "wallet" },
    );
    return `sd_session=${token}`;
  }

  it("refuses control characters in a gate's name", async () => {
    const cookie = await cookieOf((await house.fan()).account.address);
    for (const gate of ["North\u0000", "\u001b[2J", "a\nb", "\ud800"]) {
      const scan = { scanId: randomUUID(), eventId: house.eventId, gate, pass: "A" };
      const init = post(JSON.stringify(scan), { ...json, cookie });
      const { problem: found } = await problem("/v1/gate/scans", init, "request/invalid");
      expect(found.errors?.[0]?.pointer).to.equal("/gate");
    }
  });

  it("answers no bug for the character 0 in any text", async () => {
    const cookie = await cookieOf((await house.fan()).account.address);
    const zero = "\u0000";
    const headers = { ...json, cookie };
    const asks: [path: string, init: RequestInit][] = [
      ["/v1/auth/session", post(JSON.stringify({ message: zero, signature: "0x" }))],
      [
        "/v1/gate/scans",
        post(JSON.stringify({ scanId: zero, eventId: zero, gate: zero, pass: zero }), headers),
      ],
      [
        "/v1/gate/scans",
        post(
          JSON.stringify({ scanId: randomUUID(), eventId: house.eventId, gate: "A", pass: zero }),
          headers,
        ),
      ],
      ["/v1/orders/%00", { headers }],
      ["/v1/events/%00", {}],
      ["/v1/tickets/tkt_1_%00", {}],
      ["/v1/tickets/tkt_9999_9999999999999999999", {}],
      ["/v1/events/evt_9999_9999999", {}],
      ["/v1/tickets?owner=%00", {}],
      [`/v1/tickets?owner=0x${"1".repeat(40)}&cursor=tkt_9999_9999999999999999999`, {}],
      ["/v1/auth/session", { headers: { cookie: "sd_session=%00" } }],
    ];
    for (const [path, init] of asks) {
      const { response, body } = await ask(path, init);
      expect(response.status, `${path} ${body}`).to.be.lessThan(500);
    }
  });

  it("lets nothing from elsewhere into its pages", async () => {
    const { response } = await ask("/v1/config");
    expect(response.headers.get("content-security-policy")).to.include("default-src 'self'");
    expect(response.headers.get("x-content-type-options")).to.equal("nosniff");
    expect(response.headers.has("x-powered-by")).to.equal(false);
    expect(response.headers.get("cache-control")).to.equal("no-store");
  });

  it("says how it is", async () => {
    expect((await ask("/healthz")).response.status).to.equal(200);
    const { response, body } = await ask("/readyz");
    expect(response.status).to.equal(200);
    expect(Object.keys(JSON.parse(body).checks)).to.deep.equal(["postgres", "redis", "chain-1"]);
    expect((await ask("/metrics")).body).to.include("stagedoor_request_seconds_bucket");
  });

  it("gives every answer an id of its own", async () => {
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () =>
        (await ask("/healthz")).response.headers.get("x-request-id"),
      ),
    );
    expect(new Set(ids).size).to.equal(5);
    expect(ids[0]).to.have.lengthOf(randomUUID().length);
  });
});
