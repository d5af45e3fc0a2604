// Ordinary addresses are answered past Express' router: what they answer is what Express' way answers.
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { createSession } from "#server/auth/session.ts";
import { createRouteTable } from "#server/edge/route-table.ts";
import { systemClock } from "#server/platform/clock.ts";
import { stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";

/** Other requests, other values; all else must be the same. */
const OWN_VALUE = ["date", "x-request-id", "ratelimit", "content-length", "etag"];
const SECURITY_HEADERS = [
  ...["content-security-policy", "referrer-policy", "x-content-type-options", "x-frame-options"],
  ...["cross-origin-opener-policy", "cross-origin-resource-policy"],
];

describe("an ordinary address", () => {
  let house: House;
  before(async () => {
    house = await openHouse({ limitScale: 100 });
  });
  after(() => house.close());

  async function cookie(): Promise<string> {
    const address = `0x${"7".repeat(40)}` as const;
    const deps = { ...house, clock: systemClock };
    const { token } = await createSession(deps, { address, userAgent: "", method: "wallet" });
    return `sd_session=${token}`;
  }

  const namesOf = ({ headers }: Response) => [...headers.keys()].sort();
  const valuesOf = ({ headers }: Response) =>
    Object.fromEntries([...headers].filter(([name]) => !OWN_VALUE.includes(name)));

  const ask = (path: string, init: RequestInit = {}) => fetch(new URL(path, house.url), init);

  it("has the headers that Express' way has, for a hold, a look-up, and a refusal", async () => {
    const headers = { "content-type": "application/json", cookie: await cookie() };
    const [one, other] = stalls(3, 1, 2);
    const hold = (path: string, seats: unknown) =>
      ask(path, { method: "POST", headers, body: JSON.stringify({ seats }) });
    const holds = `/v1/events/${house.eventId}/holds`;
    // A slash at the end is for Express to judge, and so is an address in capitals.
    const pairs: [ordinary: Response, odd: Response, status: number][] = [
      [await hold(holds, [one]), await hold(`${holds}/`, [other]), 201],
      [await hold(holds, "none"), await hold(`${holds}/`, "none"), 400],
      [await ask("/v1/config"), await ask("/V1/config"), 200],
      [await ask("/v1/events?limit=1"), await ask("/v1/events/?limit=1"), 200],
      [
        await ask(`/v1/events/${house.eventId}/seats/map`),
        await ask(`/v1/events/${house.eventId}/seats/map/`),
        200,
      ],
    ];
    for (const [ordinary, odd, status] of pairs) {
      expect([ordinary.status, odd.status]).to.deep.equal([status, status]);
      expect(namesOf(ordinary)).to.deep.equal(namesOf(odd));
      expect(valuesOf(ordinary)).to.deep.equal(valuesOf(odd));
      expect(namesOf(ordinary)).to.include.members(["content-security-policy", "x-request-id"]);
      expect(ordinary.headers.get("cache-control")).not.to.equal(null);
    }
  });

  it("has the headers of security that a page of the app has", async () => {
    const [api, page] = [await ask("/v1/config"), await ask("/docs")];
    const ofPage = valuesOf(page);
    const own = ["content-type", "etag", "connection", "keep-alive"];
    for (const [name, value] of Object.entries(ofPage)) {
      if (!own.includes(name)) expect(api.headers.get(name), name).to.equal(value);
    }
    expect(ofPage).to.include.keys(SECURITY_HEADERS);
  });

  it("takes back a cookie and sets another in one answer", async () => {
    const response = await ask("/v1/auth/session", {
      method: "DELETE",
      headers: { cookie: await cookie() },
    });
    expect(response.status).to.equal(204);
    expect(response.headers.getSetCookie()).to.have.lengthOf(1);
    expect(response.headers.getSetCookie()[0]).to.match(/^sd_session=;.*HttpOnly/);
  });

  it("refuses a session that ended while its body was on the way", async () => {
    const session = await cookie();
    const body = JSON.stringify({ seats: [1] });
    const { hostname, port } = new URL(house.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      [
        `POST /v1/events/${house.eventId}/holds HTTP/1.1`,
        "Host: localhost",
        "Content-Type: application/json",
        `Cookie: ${session}`,
        `Content-Length: ${body.length}`,
        "Connection: close",
        "",
        body.slice(0, 5),
      ].join("\r\n"),
    );
    const out = await ask("/v1/auth/session", { method: "DELETE", headers: { cookie: session } });
    expect(out.status).to.equal(204);
    socket.write(body.slice(5));
    expect(await text(socket)).to.match(/^HTTP\/1.1 401 /);
  });

  it("reads a body in parts, with a mark at its start, or of no length", async () => {
    const headers = { "content-type": "application/json" };
    const send = (body: string | ReadableStream, init: object = {}) =>
      ask("/v1/auth/session", { method: "POST", headers, body, ...init });
    const parts = new ReadableStream({
      async start(controller) {
        for (const part of ['{"message":', '"m","sig', 'nature":"0x"}']) {
          controller.enqueue(new TextEncoder().encode(part));
          await systemClock.sleep(20);
        }
        controller.close();
      },
    });
    // All are read: there is no open sign-in for them, or a field is missing.
    expect((await send(parts, { duplex: "half" })).status).to.equal(401);
    expect((await send('\ufeff{"message":"m","signature":"0x"}')).status).to.equal(401);
    const empty = await send("", { headers: { ...headers, "content-length": "0" } });
    expect((await empty.json()) as object).to.deep.include({ code: "request/invalid" });
  });
});

describe("createRouteTable", () => {
  const find = createRouteTable([
    { method: "GET", path: "/v1/events/:eventId", target: "event" },
    { method: "GET", path: "/v1/events/mine", target: "mine" },
    { method: "POST", path: "/v1/events/:eventId/holds", target: "hold" },
    { method: "GET", path: "/v1/events/:eventId/holds/:holdId", target: "one" },
  ]);

  it("finds a route with what its names stand for", () => {
    expect(find("POST", "/v1/events/evt_1_7/holds")).to.deep.equal({
      target: "hold",
      params: { eventId: "evt_1_7" },
    });
    expect(find("GET", "/v1/events/evt_1_7/holds/hld_a?x=/v1")).to.deep.equal({
      target: "one",
      params: { eventId: "evt_1_7", holdId: "hld_a" },
    });
  });

  it("takes the first that fits, as Express does", () => {
    expect(find("GET", "/v1/events/mine")?.target).to.equal("event");
  });

  for (const [what, method, url] of [
    ["another method", "PUT", "/v1/events/evt_1_7/holds"],
    ["HEAD", "HEAD", "/v1/events/evt_1_7"],
    ["a slash at the end", "POST", "/v1/events/evt_1_7/holds/"],
    ["an empty part", "POST", "/v1/events//holds"],
    ["capitals", "POST", "/V1/events/evt_1_7/holds"],
    ["an escape", "GET", "/v1/events/evt%5f1_7"],
    ["a dot", "GET", "/v1/events/.."],
    ["a whole address", "GET", "http://localhost/v1/events/evt_1_7"],
    ["a fragment", "GET", "/v1/events/evt_1_7#a"],
    ["nothing", "GET", "/"],
  ] as const) {
    it(`leaves ${what} to Express`, () => {
      expect(find(method, url)).to.equal(undefined);
    });
  }
});
