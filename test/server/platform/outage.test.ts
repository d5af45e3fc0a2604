// What goes on and what stops while Redis, the chain or Postgres is away, and that each comes back by itself.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { ApiFailure } from "#server/api/client.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buy, hold, mint, order, pay, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { type Wire, wireTo } from "../../support/proxy.ts";

const BACK_WITHIN_MS = 10_000;
const POLL_MS = 200;

describe("outages", () => {
  let house: House;
  let fan: Client;
  const wires = new Map<string, Wire>();
  before(async () => {
    house = await openHouse({
      through: async (service, url) => {
        const { url: wired, wire } = await wireTo(url);
        wires.set(service, wire);
        // viem and URL add a slash that addresses of services do not have.
        return wired.replace(/\/$/, "");
      },
    });
    fan = await house.fan();
  });
  after(async () => {
    await house.close();
    for (const wire of wires.values()) await wire.close();
  });
  afterEach(() => {
    for (const wire of wires.values()) wire.heal();
  });

  async function ask(path: string, init: RequestInit = {}) {
    const response = await fetch(new URL(path, house.url), init);
    return { response, status: response.status };
  }

  async function unavailable(call: Promise<unknown>, code: string) {
    const error = await call.then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error, "an error").to.be.instanceOf(ApiFailure);
    expect((error as ApiFailure).data).to.include({ code, status: 503, retry: "same" });
  }

  async function soon(look: () => Promise<boolean>): Promise<void> {
    const endMs = systemClock.monotonicMs() + BACK_WITHIN_MS;
    while (systemClock.monotonicMs() < endMs) {
      if (await look().catch(() => false)) return;
      await systemClock.sleep(POLL_MS);
    }
    throw new Error(`not back within ${BACK_WITHIN_MS} ms`);
  }

  /** Answers are kept for a second, so the first one may be of before. */
  const away = (name: string) => soon(async () => (await checks())[name]?.ok === false);

  const checks = async () =>
    ((await (await ask("/readyz")).response.json()) as { checks: Record<string, { ok: boolean }> })
      .checks;

  describe("Redis", () => {
    it("stops holds and sign-ins only, and says so", async () => {
      const waiting = await order(house, fan, stalls(1, 1));
      const held = await hold(house, fan, stalls(1, 2));
      wires.get("redis")?.cut();
      await systemClock.sleep(200);

      await unavailable(hold(house, fan, stalls(1, 3)), "server/unavailable");
      await unavailable(house.fan(), "server/unavailable");
      const body = { eventId: house.eventId, holdId: held.id };
      await unavailable(fan.call("createOrder", { body, key: randomUuid() }), "server/unavailable");

      expect((await fan.call("getSession")).address).to.be.a("string");
      expect((await pay(fan, waiting.id)).state).to.equal("captured");
      const states = await fan.call("getSeatStates", { params: { eventId: house.eventId } });
      expect(states.sold).to.include.members(stalls(1, 1));
      expect(
        (await fan.call("listTickets", { query: { owner: fan.account.address } })).tickets,
      ).to.be.an("array");
      expect((await mint(house, fan, waiting.id)).state).to.equal("fulfilled");
      await away("redis");
      expect((await ask("/healthz")).status).to.equal(200);

      wires.get("redis")?.heal();
      await soon(async () => (await checks()).redis?.ok === true);
      await hold(house, fan, stalls(1, 4));
    }).timeout(60_000);
  });

  describe("the chain", () => {
    it("stops mints only, and they go on when it is back", async () => {
      wires.get("chain")?.cut();
      const paid = await buy(house, fan, stalls(2, 1, 2));
      expect(paid.state).to.equal("paid");
      await house.minter.mintWaiting();
      expect(
        (await fan.call("getOrder", { params: { orderId: paid.id } })).lines[0]?.mint,
      ).to.equal("queued");
      await away("chain-1");

      wires.get("chain")?.heal();
      await soon(async () => (await checks())["chain-1"]?.ok === true);
      expect((await mint(house, fan, paid.id)).state).to.equal("fulfilled");
    }).timeout(60_000);
  });

  describe("Postgres", () => {
    it("answers 503 without a word of the cause, and comes back by itself", async () => {
      wires.get("postgres")?.cut();
      const { response, status } = await ask(`/v1/tickets?owner=${fan.account.address}`);
      const body = await response.text();
      expect(status, body).to.equal(503);
      expect(JSON.parse(body)).to.include({ code: "server/unavailable", retry: "same" });
      expect(response.headers.get("retry-after")).to.equal("2");
      expect(body).not.to.match(/ECONN|postgres|127\.0\.0\.1/);
      expect((await ask("/v1/events")).status).to.equal(503);
      await away("postgres");

      wires.get("postgres")?.heal();
      await soon(async () => (await ask("/v1/events")).status === 200);
      await buy(house, fan, stalls(3, 1));
    }).timeout(60_000);
  });
});
