// Lookups from a real streaming replica: used while it keeps up, never missed when it does not, and of no other use.
import { expect } from "chai";
import { type Client, createClient } from "#scripts/demo-client.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type ApiProcess, startApi } from "../support/api-process.ts";
import { buyAndMint, pay, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";
import { until } from "../support/redis-server.ts";
import { type ReplicaServer, startReplicaServer } from "../support/replica-server.ts";

const LAG_MAX_MS = 1_500;
/** Beside the bound: a look of the test's own. */
const SLACK_MS = 1_000;
const CALLERS = 8;

describe("lookups beside a streaming replica", function () {
  this.timeout(180_000);
  let house: House;
  let replica: ReplicaServer;
  let apis: ApiProcess[];
  let fan: Client;
  before(async () => {
    house = await openHouse();
    fan = await house.fan();
    replica = await startReplicaServer();
    const env = {
      LOOKUP_DATABASE_URLS: replica.urlOf(house.databaseUrl),
      LOOKUP_LAG_MAX_MS: String(LAG_MAX_MS),
    };
    apis = await Promise.all([startApi(house, env), startApi(house, env)]);
    await buyAndMint(house, fan, stalls(1, 1));
    await isUsed();
  });
  after(async () => {
    for (const api of apis) await api.stop();
    await replica.close();
    await house.close();
  });

  const [first, second] = [() => (apis[0] as ApiProcess).url, () => (apis[1] as ApiProcess).url];
  const ask = (url: string, path: string) => fetch(new URL(path, url));
  const list = async (url: string): Promise<number> => {
    const response = await ask(url, `/v1/tickets?owner=${fan.account.address}`);
    expect(response.status).to.equal(200);
    return ((await response.json()) as { tickets: unknown[] }).tickets.length;
  };
  /** Lookups of the first process so far that the primary has not answered. */
  const answered = async (url = first()): Promise<number> => {
    const text = await (await ask(url, "/metrics")).text();
    const lines = text.split("\n").filter((line) => line.startsWith("stagedoor_lookups_total{"));
    const others = lines.filter((line) => !line.includes('place="primary"'));
    return others.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  };
  const isUsed = () =>
    until("the replica answers both", async () => {
      for (const url of [first(), second()]) {
        const before = await answered(url);
        await list(url);
        if ((await answered(url)) === before) return false;
      }
      return true;
    });

  it("answers them from there, and is asked nothing about a sale", async () => {
    const { hostname, port } = new URL(first());
    const buyer = createClient(`http://${hostname}:${port}`, `0x${"5".repeat(63)}1`);
    await buyer.signIn();
    const seats = stalls(2, 1);
    const params = { eventId: house.eventId };
    const { id: holdId } = await buyer.call("createHold", { params, body: { seats } });
    const body = { eventId: house.eventId, holdId };
    const { id } = await buyer.call("createOrder", { body, key: holdId });
    await pay(buyer, id);
    expect((await buyer.call("getOrder", { params: { orderId: id } })).state).not.to.equal("open");
    const before = await answered();
    for (let at = 0; at < CALLERS; at += 1) await list(first());
    expect(await answered()).to.equal(before + CALLERS);
    const statements = replica.statements();
    expect(statements).to.include("FROM mirror.ticket");
    expect(statements).not.to.match(/\bsale\.(?!\*|deployment)|"sale"\."/);
  });

  it("shows what was bought within the bound while it stands still", async () => {
    await isUsed();
    await replica.pause();
    await buyAndMint(house, fan, stalls(1, 2));
    const mirroredMs = systemClock.monotonicMs();
    await until("both show two tickets", async () =>
      (await Promise.all([list(first()), list(second())])).every((count) => count === 2),
    );
    expect(systemClock.monotonicMs() - mirroredMs).to.be.below(LAG_MAX_MS + SLACK_MS);
  });

  it("answers again once it has caught up", async () => {
    await replica.resume();
    await isUsed();
    expect(await list(first())).to.equal(2);
  });

  it("shows everywhere what a caller has waited for", async () => {
    await isUsed();
    await replica.pause();
    const { lines } = await buyAndMint(house, fan, stalls(1, 3));
    const txHash = lines[0]?.txHash;
    const waited = await ask(first(), `/v1/transactions/${txHash}?wait=10`);
    expect(await waited.json()).to.include({ state: "mirrored" });
    expect(await list(second())).to.equal(3);
    expect(await list(first())).to.equal(3);
    await replica.resume();
  });

  it("fails no lookup when it is killed under load, and is used again when it is back", async () => {
    await isUsed();
    const over = new AbortController();
    let count = 0;
    const callers = Array.from({ length: CALLERS }, async (_, at) => {
      while (!over.signal.aborted) {
        expect(await list(at % 2 === 0 ? first() : second())).to.equal(3);
        count += 1;
      }
    });
    await systemClock.sleep(500);
    const before = count;
    await replica.kill();
    await systemClock.sleep(2_000);
    over.abort();
    await Promise.all(callers);
    expect(count).to.be.above(before);
    await replica.start();
    // One that failed is left alone for some seconds first.
    await isUsed();
  });
});
