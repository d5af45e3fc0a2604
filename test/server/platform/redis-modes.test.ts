// The same purchase over Redis Cluster and over Sentinel, with real servers of each kind.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Redis } from "ioredis";
import { findFreePort } from "#scripts/services/ports.ts";
import { parseEventId } from "#server/domain/ticket-id.ts";
import { seatsKey } from "#server/hold/keys.ts";
import { createLog } from "#server/platform/log.ts";
import { randomUuid } from "#server/platform/random.ts";
import { openRedis, parseNodes } from "#server/platform/redis.ts";
import { openWakeQueue } from "#server/queue/wake-queue.ts";
import { openWakeWorker } from "#server/queue/wake-worker.ts";
import { buyAndMint, pay, stalls } from "../../support/buy.ts";
import { openHouse } from "../../support/house.ts";
import { createRedisServer, type RedisServer, until } from "../../support/redis-server.ts";
import { expectProblem } from "../../support/refusals.ts";
import { rankInOrder } from "../../support/seat-house.ts";

const SLOTS = 16_384;
const log = createLog({ name: "test", level: "silent" });

describe("Redis in every form", function () {
  this.timeout(60_000);
  const home = mkdtempSync(join(tmpdir(), "stagedoor-redis-"));
  const children: ChildProcess[] = [];
  const servers: RedisServer[] = [];
  after(async () => {
    for (const server of servers) await server.kill();
    for (const child of children) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
    rmSync(home, { recursive: true, force: true });
  });

  function run(args: string[]): void {
    children.push(spawn("redis-server", args, { cwd: home, stdio: "ignore" }));
  }

  /** One node that has every slot still refuses commands whose keys are in two of them. */
  async function startCluster(masters: number): Promise<string> {
    const nodes = [];
    for (let at = 0; at < masters; at += 1) {
      const bus = await findFreePort();
      const node = await createRedisServer([
        ...["--cluster-enabled", "yes", "--cluster-port", String(bus)],
        ...["--cluster-config-file", join(home, `nodes-${masters}-${at}.conf`)],
        ...["--cluster-announce-ip", "127.0.0.1"],
      ]);
      servers.push(node);
      await node.start();
      nodes.push({ ...node, bus });
    }
    const share = Math.ceil(SLOTS / masters);
    for (const [at, { ask }] of nodes.entries()) {
      const last = Math.min((at + 1) * share, SLOTS) - 1;
      await ask("CLUSTER", "ADDSLOTSRANGE", String(at * share), String(last));
      for (const { port, bus } of nodes) {
        await ask("CLUSTER", "MEET", "127.0.0.1", String(port), String(bus));
      }
    }
    for (const { ask } of nodes) {
      await until("the cluster is whole", async () => {
        const info = await ask("CLUSTER", "INFO");
        return info.includes("cluster_state:ok") && info.includes(`cluster_size:${masters}`);
      });
    }
    return `redis+cluster://127.0.0.1:${nodes[0]?.port}`;
  }

  async function askOf(sentinel: number): Promise<string> {
    const client = new Redis({ port: sentinel, lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return String(await client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "house"));
    } finally {
      client.disconnect();
    }
  }

  async function startSentinel(): Promise<string> {
    const server = await createRedisServer();
    servers.push(server);
    await server.start();
    const { port } = server;
    const sentinel = await findFreePort();
    const config = join(home, "sentinel.conf");
    writeFileSync(config, `port ${sentinel}\nsentinel monitor house 127.0.0.1 ${port} 1\n`);
    run([config, "--sentinel"]);
    await until("Sentinel knows its master", async () =>
      (await askOf(sentinel)).includes(String(port)),
    );
    return `redis+sentinel://127.0.0.1:${sentinel}/house`;
  }

  const forms: [name: string, start: () => Promise<string>][] = [
    ["Cluster", () => startCluster(1)],
    ["Sentinel", startSentinel],
  ];
  for (const [name, start] of forms) {
    it(`sells a ticket over ${name}, wake-up included`, async () => {
      const url = await start();
      const house = await openHouse({
        through: async (service, usual) => (service === "redis" ? url : usual),
      });
      const woken: string[] = [];
      const worker = openWakeWorker({
        name: "mint",
        ...{ redisUrl: url, log },
        handle: async ({ eventId }) => void woken.push(String(eventId)),
      });
      try {
        const minted = await buyAndMint(house, await house.fan(), stalls(1, 1, 2));
        expect(minted.state).to.equal("fulfilled");
        await until("the wake-up arrives", async () => woken.length > 0);
      } finally {
        await worker.close();
        await house.close();
      }
    });
  }

  it("holds, extends, gives back and sells over three masters, events in slots of each", async () => {
    const url = await startCluster(3);
    const house = await openHouse({
      collections: 3,
      through: async (service, usual) => (service === "redis" ? url : usual),
    });
    try {
      const [ann, ben] = [await house.fan(), await house.fan()];
      const masters = new Set<number>();
      for (const eventId of house.eventIds) {
        await rankInOrder({ db: house.db, event: parseEventId(eventId) });
        const params = { eventId };
        const first = await ann.call("createHold", { params, body: { seats: stalls(1, 1, 2) } });
        const taken = ben.call("createHold", { params, body: { seats: stalls(1, 2, 3) } });
        await expectProblem(taken, "hold/seat-taken");
        const best = await ben.call("createHold", { params, body: { best: { places: 2 } } });
        expect(best.seats).to.deep.equal(stalls(1, 3, 4));
        await ann.call("extendHold", { params: { ...params, holdId: first.id } });
        await ben.call("releaseHold", { params: { ...params, holdId: best.id } });
        const body = { eventId, holdId: first.id };
        const order = await ann.call("createOrder", { body, key: randomUuid() });
        await pay(ann, order.id);
        const key = seatsKey(parseEventId(eventId));
        const slot = Number(await servers.at(-1)?.ask("CLUSTER", "KEYSLOT", key));
        masters.add(Math.floor((slot * 3) / SLOTS));
      }
      expect((await ann.call("listHolds")).holds).to.deep.equal([]);
      expect([...masters]).to.have.lengthOf.greaterThan(1);
    } finally {
      await house.close();
    }
  });

  it("reads the addresses of every node, the name and the password", () => {
    expect(parseNodes("redis+sentinel://:p%40ss@a:1,b:2/house")).to.deep.equal({
      nodes: [
        { host: "a", port: 1 },
        { host: "b", port: 2 },
      ],
      name: "house",
      password: "p@ss",
    });
    expect(parseNodes("rediss+cluster://a,b:7000").nodes).to.deep.equal([
      { host: "a", port: 6379 },
      { host: "b", port: 7000 },
    ]);
  });

  it("does not hang on a server that is not there", async () => {
    const url = `redis://127.0.0.1:${await findFreePort()}`;
    const queue = openWakeQueue({ name: "mint", redisUrl: url, log });
    const started = performance.now();
    await queue.wake({ deployment: 1, eventId: 1 });
    expect(performance.now() - started).to.be.lessThan(2_000);
    queue.close();
    const client = openRedis({ url, use: "request", log });
    const error = await client.get("x").then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).to.be.instanceOf(Error);
    client.disconnect();
  });
});
