// Proves that the embedded services keep their data over stops and kills, and leave nothing behind.
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Redis } from "ioredis";
import { Client } from "pg";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { chainStatePath } from "#scripts/services/chain-state.ts";
import { createHome, homeEntries, homePaths, removeHome } from "#scripts/services/home.ts";
import { rpcCall } from "#scripts/services/json-rpc.ts";
import { startTimeOf } from "#scripts/services/process-table.ts";
import { type Services, startServices } from "#scripts/services/start-services.ts";
import { endStrays, openRun, requireNotRunning } from "#scripts/services/strays.ts";
import { processesOf, removeTemporary, temporaryHome } from "../support/launcher.ts";

const ALL = { postgres: true, redis: true, chain: true };
const CHAIN = { postgres: false, redis: false, chain: true };
const FAST_MS = 250;
const RECEIPT_LIMIT_MS = 10_000;
const RPC_TIMEOUT_MS = 5_000;

describe("embedded services", function () {
  this.timeout(60_000);
  let home: string;
  let services: Services | undefined;

  beforeEach(() => {
    home = temporaryHome();
  });
  afterEach(async () => {
    await services?.stop();
    services = undefined;
    expect(processesOf(home)).to.deep.equal([]);
    removeTemporary(home);
  });

  const start = async (want: typeof ALL) => {
    services = await startServices({ home, want, blockTimeMs: FAST_MS });
    return services;
  };
  const stop = async () => {
    await services?.stop();
    services = undefined;
  };

  it("keeps rows, keys and blocks over a stop", async () => {
    const first = await start(ALL);
    await query(first.databaseUrl, "CREATE TABLE seat AS SELECT 7 AS number");
    await redis(first.redisUrl, (client) => client.set("seat", "7"));
    const block = await sendCoin(first.rpcUrl);
    await stop();

    const second = await start(ALL);
    expect(await query(second.databaseUrl, "SELECT number FROM seat")).to.deep.equal([
      { number: 7 },
    ]);
    expect(await redis(second.redisUrl, (client) => client.get("seat"))).to.equal("7");
    expect(await hashOf(second.rpcUrl, block.number)).to.equal(block.hash);
  });

  it("recovers all three after they and their supervisor were killed", async () => {
    const first = await start(ALL);
    await query(first.databaseUrl, "CREATE TABLE seat AS SELECT 8 AS number");
    await redis(first.redisUrl, (client) => client.set("seat", "8"));
    const block = await sendCoin(first.rpcUrl);
    // Redis writes its log once a second, and the chain is saved at most once a second.
    await sleep(1_500);
    for (const { service } of first.running) process.kill(service.pid, "SIGKILL");
    for (const { service } of first.running) await service.exited;
    await stop();

    const second = await start(ALL);
    expect(await query(second.databaseUrl, "SELECT number FROM seat")).to.deep.equal([
      { number: 8 },
    ]);
    expect(await redis(second.redisUrl, (client) => client.get("seat"))).to.equal("8");
    expect(await hashOf(second.rpcUrl, block.number)).to.equal(block.hash);
  });

  // Only root's Postgres runs as somebody else.
  const itAsRoot = process.getuid?.() === 0 ? it : () => {};
  itAsRoot("finds a place for the database when its user may not enter the home", async () => {
    chmodSync(dirname(home), 0o700);
    const first = await start({ postgres: true, redis: false, chain: false });
    await query(first.databaseUrl, "CREATE TABLE seat AS SELECT 9 AS number");
    const { postgresOutside } = homePaths(home);
    expect(homeEntries(home)).to.contain(postgresOutside);
    await stop();
    removeHome(home);
    expect(existsSync(postgresOutside)).to.equal(false);
  });

  it("starts Postgres although its lock file names a living stranger", async () => {
    const database = { postgres: true, redis: false, chain: false };
    const { running } = await start(database);
    process.kill(running[0]?.service.pid ?? 0, "SIGKILL");
    await running[0]?.service.exited;
    await stop();
    const pidFile = join(homePaths(home).postgres, "data/postmaster.pid");
    const lines = readFileSync(pidFile, "utf8").split("\n");
    writeFileSync(pidFile, [process.pid, ...lines.slice(1)].join("\n"));
    const { databaseUrl } = await start(database);
    expect(await query(databaseUrl, "SELECT 1 AS one")).to.deep.equal([{ one: 1 }]);
  });

  it("ends a Postgres that no record names, and starts its own", async () => {
    const database = { postgres: true, redis: false, chain: false };
    const forgotten = await start(database);
    rmSync(homePaths(home).run);
    services = undefined;
    const { running } = await start(database);
    expect(running[0]?.service.pid).to.not.equal(forgotten.running[0]?.service.pid);
    expect(await forgotten.running[0]?.service.exited).to.equal("exit code 0");
  });

  it("ends the strays of a run whose supervisor is gone, and saves their chain", async () => {
    const first = await start(CHAIN);
    const block = await sendCoin(first.rpcUrl);
    const stray = first.running[0]?.service;
    forgetSupervisor(home);
    expect(await endStrays(home)).to.deep.equal(["chain"]);
    await stray?.exited;
    await stop();
    const second = await start(CHAIN);
    expect(await hashOf(second.rpcUrl, block.number)).to.equal(block.hash);
  });

  it("leaves a stranger alone who has the number of a process of the last run", async () => {
    createHome(home);
    const run = openRun(home);
    run.add({ name: "redis", pid: process.ppid, command: "redis-server" });
    const record = JSON.parse(readFileSync(homePaths(home).run, "utf8"));
    record.supervisor.startedAt = "long ago";
    record.children[0].startedAt = "long ago";
    writeFileSync(homePaths(home).run, JSON.stringify(record));
    await requireNotRunning(home);
    expect(await endStrays(home)).to.deep.equal([]);
    expect(startTimeOf(process.ppid)).to.be.a("string");
  });

  it("lets one of two runs have a home", async () => {
    await start(CHAIN);
    const second = await startServices({ home, want: CHAIN }).catch((error: Error) => error);
    expect(String(second)).to.match(/Stagedoor is already running/);
  });

  it("puts a saved chain that cannot be read aside and says so", async () => {
    await start(CHAIN);
    await stop();
    writeFileSync(chainStatePath(home), "");
    const said: string[] = [];
    const note = (text: string) => void said.push(text);
    const progress = { note, step: <T>(_name: string, work: () => Promise<T>) => work() };
    services = await startServices({ home, want: CHAIN, progress });
    expect(said.join()).to.match(/could not be read and was moved to/);
  });

  it("keeps the chain's clock at the time of day while it mines four blocks a second", async () => {
    const { rpcUrl } = await start(CHAIN);
    for (let sent = 0; sent < 8; sent += 1) {
      await sendCoin(rpcUrl);
    }
    const latest = await blockOf(rpcUrl, "latest");
    expect(latest.number).to.be.greaterThan(7);
    const aheadMs = latest.timestamp * 1_000 - Date.now();
    expect(aheadMs).to.be.within(-5_000, 1_000);
  });
});

async function query(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function redis<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

const call = (url: string, method: string, params: unknown[]) =>
  rpcCall({ url, method, params, timeoutMs: RPC_TIMEOUT_MS });

async function blockOf(url: string, which: string) {
  const block = (await call(url, "eth_getBlockByNumber", [which, false])) as {
    number: string;
    hash: string;
    timestamp: string;
  };
  const { number, hash, timestamp } = block;
  return { number: Number(number), hash, timestamp: Number(timestamp) };
}

async function hashOf(url: string, number: number): Promise<string> {
  return (await blockOf(url, `0x${number.toString(16)}`)).hash;
}

/** Sends a wei and answers the block that has it. */
async function sendCoin(url: string): Promise<{ number: number; hash: string }> {
  const from = anvilAccount(ANVIL_ROLES.admin).address;
  const to = anvilAccount(ANVIL_ROLES.fan).address;
  const hash = await call(url, "eth_sendTransaction", [{ from, to, value: "0x1" }]);
  const deadline = performance.now() + RECEIPT_LIMIT_MS;
  while (performance.now() < deadline) {
    const receipt = await call(url, "eth_getTransactionReceipt", [hash]);
    if (receipt !== null) {
      const { blockNumber, blockHash } = receipt as { blockNumber: string; blockHash: string };
      return { number: Number(blockNumber), hash: blockHash };
    }
    await sleep(50);
  }
  throw new Error("the transaction was not mined");
}

function forgetSupervisor(home: string): void {
  const path = homePaths(home).run;
  const record = JSON.parse(readFileSync(path, "utf8"));
  record.supervisor.startedAt = "long ago";
  writeFileSync(path, JSON.stringify(record));
}
