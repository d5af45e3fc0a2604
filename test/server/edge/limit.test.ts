// Rate limits: who is counted together, what a caller is told, and what happens without Redis.
import { expect } from "chai";
import { ERRORS } from "#server/api/errors.ts";
import { LIMITS } from "#server/api/limits.ts";
import { Problem } from "#server/api/problem.ts";
import type { Route } from "#server/api/route.ts";
import { ROUTES } from "#server/api/routes.ts";
import { createSession } from "#server/auth/session.ts";
import { networkOf } from "#server/domain/network.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type House, openHouse } from "../../support/house.ts";
import { type Wire, wireTo } from "../../support/proxy.ts";

/** Of 1,200 reads in a minute, 12; of 120 sign-ins, 1; of 30 holds per wallet, 1. */
const SCALE = 0.01;

describe("rate limits", () => {
  let house: House;
  let wire: Wire;
  before(async () => {
    const through = async (service: string, url: string) => {
      if (service !== "redis") return url;
      const found = await wireTo(url);
      wire = found.wire;
      return found.url;
    };
    house = await openHouse({ limitScale: SCALE, trustProxy: "loopback", through });
  });
  after(async () => {
    await house.close();
    await wire.close();
  });

  let callers = 0;
  /** An address that nobody has asked from yet. */
  const newAddress = () => {
    callers += 1;
    return `203.0.113.${callers}`;
  };
  const ask = (path: string, from: string, init: RequestInit = {}) =>
    fetch(new URL(path, house.url), {
      ...init,
      headers: { ...init.headers, "x-forwarded-for": from },
    });
  const readsAllowed = Math.floor(LIMITS.read.ip.count * SCALE);

  it("serves a whole quota at once, then refuses with the time to wait", async () => {
    const from = newAddress();
    for (let left = readsAllowed - 1; left >= 0; left -= 1) {
      const response = await ask("/v1/config", from);
      expect(response.status).to.equal(200);
      expect(response.headers.get("ratelimit-policy")).to.equal(`"read-ip";q=${readsAllowed};w=60`);
      expect(response.headers.get("ratelimit")).to.match(
        new RegExp(`^"read-ip";r=${left};t=\\d+$`),
      );
    }
    const refused = await ask("/v1/config", from);
    expect(refused.status).to.equal(429);
    const problem = Problem.parse(await refused.json());
    expect(problem).to.include({
      code: "request/rate-limited",
      retry: ERRORS["request/rate-limited"].retry,
      policy: "read-ip",
    });
    expect(Number(refused.headers.get("retry-after"))).to.equal(problem.retryAfter);
    expect(problem.retryAfter).to.be.within(1, 60 / readsAllowed);
  });

  it("gives one request back after each step of the window, and no more", async () => {
    const from = newAddress();
    await Promise.all(Array.from({ length: readsAllowed + 5 }, () => ask("/v1/config", from)));
    const refused = await ask("/v1/config", from);
    const waitMs = Number(refused.headers.get("retry-after")) * 1_000;
    await systemClock.sleep(waitMs);
    expect((await ask("/v1/config", from)).status).to.equal(200);
    expect((await ask("/v1/config", from)).status).to.equal(429);
  });

  it("counts exactly, however many ask at the same moment", async () => {
    const from = newAddress();
    const answers = await Promise.all(
      Array.from({ length: readsAllowed * 4 }, () => ask("/v1/events", from)),
    );
    const served = answers.filter(({ status }) => status === 200);
    expect(served.length).to.equal(readsAllowed);
    expect(answers.every(({ status }) => status === 200 || status === 429)).to.equal(true);
  });

  it("counts the addresses of one IPv6 network together, and each IPv4 address alone", async () => {
    const post = { method: "POST" };
    expect((await ask("/v1/auth/nonce", "2001:db8:1:2::1", post)).status).to.equal(201);
    expect((await ask("/v1/auth/nonce", "2001:db8:1:2:ffff::9", post)).status).to.equal(429);
    expect((await ask("/v1/auth/nonce", "2001:db8:1:3::1", post)).status).to.equal(201);
    expect((await ask("/v1/auth/nonce", newAddress(), post)).status).to.equal(201);
    expect((await ask("/v1/auth/nonce", newAddress(), post)).status).to.equal(201);
  });

  it("counts a wallet from wherever it asks", async () => {
    const address = `0x${"1".repeat(40)}` as const;
    const deps = { db: house.db, redis: house.redis, clock: systemClock };
    const { token } = await createSession(deps, { address, userAgent: "test", method: "wallet" });
    const hold = (seat: number) =>
      ask(`/v1/events/${house.eventId}/holds`, newAddress(), {
        method: "POST",
        headers: { "content-type": "application/json", cookie: `sd_session=${token}` },
        body: JSON.stringify({ seats: [seat] }),
      });
    // No such seat: counted all the same.
    const first = await hold(1);
    expect(first.status).to.equal(404);
    expect(first.headers.get("ratelimit")).to.match(/"hold-ip";r=\d+;t=\d+, "hold-wallet";r=0;t=/);
    const second = await hold(1);
    expect(second.status).to.equal(429);
    expect(Problem.parse(await second.json()).policy).to.equal("hold-wallet");
  });

  it("without Redis serves the open routes at once and refuses the closed ones", async () => {
    wire.cut();
    try {
      const from = newAddress();
      for (let count = 0; count < readsAllowed + 3; count += 1) {
        const startedMs = systemClock.monotonicMs();
        const response = await ask("/v1/config", from);
        expect(response.status).to.equal(200);
        expect(response.headers.has("ratelimit")).to.equal(false);
        expect(systemClock.monotonicMs() - startedMs).to.be.lessThan(1_000);
      }
      const closed = await ask("/v1/auth/nonce", newAddress(), { method: "POST" });
      expect(closed.status).to.equal(503);
      expect(closed.headers.get("retry-after")).to.equal("2");
    } finally {
      wire.heal();
    }
  });
});

describe("rate limits behind no proxy", () => {
  let house: House;
  before(async () => {
    house = await openHouse({ limitScale: SCALE });
  });
  after(() => house.close());

  it("believe no caller's own word about its address", async () => {
    const ask = (from: string) =>
      fetch(new URL("/v1/auth/nonce", house.url), {
        method: "POST",
        headers: { "x-forwarded-for": from },
      });
    expect((await ask("203.0.113.1")).status).to.equal(201);
    expect((await ask("203.0.113.2")).status).to.equal(429);
  });
});

describe("the table of limits", () => {
  for (const [name, route] of Object.entries(ROUTES) as [string, Route][]) {
    it(`bounds ${name}`, () => {
      const { ip, whenRedisIsDown } = LIMITS[route.limit];
      expect(ip.count / ip.windowMs).to.be.greaterThan(0);
      expect(["open", "closed"]).to.include(whenRedisIsDown);
    });
  }

  it("closes what makes sessions and holds, and keeps the door open", () => {
    expect(LIMITS[ROUTES.createNonce.limit].whenRedisIsDown).to.equal("closed");
    expect(LIMITS[ROUTES.createHold.limit].whenRedisIsDown).to.equal("closed");
    expect(LIMITS[ROUTES.createPayment.limit].whenRedisIsDown).to.equal("open");
    expect(LIMITS[ROUTES.scan.limit].whenRedisIsDown).to.equal("open");
  });
});

describe("networkOf", () => {
  const cases = [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:0db8:0000:0000:ffff::", "2001:db8:0:0::/64"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["FE80::1%eth0", "fe80:0:0:0::/64"],
  ] as const;
  for (const [address, network] of cases) {
    it(`counts ${address} as ${network}`, () => {
      expect(networkOf(address)).to.equal(network);
    });
  }
});
