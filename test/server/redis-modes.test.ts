// The same purchase over Redis Cluster and over Sentinel, with real servers of each kind.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Redis } from "ioredis";
import { findFreePort } from "#scripts/services/ports.ts";
import { createLog } from "#server/platform/log.ts";
import { openRedis, parseNodes } from "#server/platform/redis.ts";
import { openWakeQueue } from "#server/queue/wake-queue.ts";
import { openWakeWorker } from "#server/queue/wake-worker.ts";
import { buyAndMint, stalls } from "../support/buy.ts";
import { openHouse } from "../support/house.ts";

const READY_TIMEOUT_MS = 10_000;
const POLL_MS = 100;
const SLOTS = 16_384;
const log = createLog({ name: "test", level: "silent" });

describe("Redis in every form", function () {
  this.timeout(60_000);
  const home = mkdtempSync(join(tmpdir(), "stagedoor-redis-"));
  const children: ChildProcess[] = [];
  after(async () => {
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

  async function until(what: string, look: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + READY_TIMEOUT_MS;
    while (performance.now() < end) {
      if (await look().catch(() => false)) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`${what} within ${READY_TIMEOUT_MS} ms`);
  }

  async function ask(port: number, ...command: [string, ...string[]]): Promise<string> {
    const client = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return String(await client.call(...command));
    } finally {
      client.disconnect();
    }
  }

  async function startCluster(): Promise<string> {
    const port = await findFreePort();
    const bus = await findFreePort();
    run([
      "--port",
      String(port),
      "--cluster-enabled",
      "yes",
      "--cluster-port",
      String(bus),
      "--cluster-announce-ip",
      "127.0.0.1",
      "--save",
      "",
    ]);
    await until("the cluster node answers", async () => (await ask(port, "PING")) === "PONG");
    // One node that has every slot still refuses commands whose keys are in two of them.
    await ask(port, "CLUSTER", "ADDSLOTSRANGE", "0", String(SLOTS - 1));
    await until("the cluster is whole", async () =>
      (await ask(port, "CLUSTER", "INFO")).includes("cluster_state:ok"),
    );
    return `redis+cluster://127.0.0.1:${port}`;
  }

  async function startSentinel(): Promise<string> {
    const [port, sentinel] = [await findFreePort(), await findFreePort()];
    run(["--port", String(port), "--save", ""]);
    const config = join(home, "sentinel.conf");
    writeFileSync(config, `port ${sentinel}\nsentinel monitor house 127.0.0.1 ${port} 1\n`);
    run([config, "--sentinel"]);
    await until("Sentinel knows its master", async () =>
      (await ask(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "house")).includes(String(port)),
    );
    return `redis+sentinel://127.0.0.1:${sentinel}/house`;
  }

  const forms: [name: string, start: () => Promise<string>][] = [
    ["Cluster", startCluster],
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
