// Proves that one command starts the whole product, and that it stops, continues and recovers whole.
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Client } from "pg";
import { homePaths } from "#scripts/services/home.ts";
import { findFreePort } from "#scripts/services/ports.ts";
import { readRun } from "#scripts/services/strays.ts";
import {
  type Launched,
  launch,
  processesOf,
  removeTemporary,
  temporaryHome,
} from "../support/launcher.ts";

/** A first start builds the web app and creates the database; both take seconds on two cores. */
const FIRST_START_LIMIT_MS = 60_000;
const NEXT_START_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 15_000;
const RESTART_LIMIT_MS = 20_000;
const POLL_MS = 50;
const RUN_LIMIT_MS = 180_000;

describe("stagedoor up", function () {
  this.timeout(90_000);
  let home: string;
  let port: number;
  let up: Launched;

  before(async () => {
    home = temporaryHome();
    port = await findFreePort();
  });
  after(async () => {
    up?.kill("SIGKILL");
    await launch(["down", "--home", home]).ended;
    removeTemporary(home);
  });

  const start = async (limitMs: number, ...args: string[]) => {
    const startedAt = performance.now();
    const command = ["up", "--home", home, "--port", String(port), "--json", ...args];
    up = launch(command, { limitMs: RUN_LIMIT_MS });
    let ended = false;
    up.ended.then(() => {
      ended = true;
    });
    await until("ready", limitMs, () => {
      if (ended) throw new Error(up.output());
      return up.output().includes('"type":"ready"');
    });
    return performance.now() - startedAt;
  };
  const instance = () => JSON.parse(readFileSync(homePaths(home).instance, "utf8"));
  const demo = async () => {
    const { code, stdout, stderr } = await launch(["demo", "--home", home]).ended;
    expect(code, stdout + stderr).to.equal(0);
  };

  it("starts everything, says each step as one JSON object per line, and serves the page", async () => {
    await start(FIRST_START_LIMIT_MS);
    const { url, pid } = instance();
    expect(pid, "the process that was started is the one that supervises").to.equal(up.pid);
    expect((await fetch(`${url}/readyz`)).status).to.equal(200);
    expect(await (await fetch(url)).text()).to.match(/<!doctype html>/i);
    const lines = up
      .output()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const done = lines.filter(({ state }) => state === "done").map(({ step }) => step);
    expect(done).to.include.members(["Postgres", "Redis", "Chain", "API", "Worker", "Indexer"]);
    expect(lines.at(-1)).to.include({ type: "ready", url });
  });

  it("carries a ticket from hold to gate", demo);

  it("refuses a second instance on the same data, and a reset of a running one", async () => {
    for (const extra of [[], ["--reset"]]) {
      const args = ["up", "--home", home, "--port", String(await findFreePort()), ...extra];
      const { code, stderr } = await launch(args).ended;
      expect(code).to.equal(1);
      expect(stderr).to.match(/^Stagedoor is already running at http:\/\/localhost:\d+ \(process/);
    }
  });

  it("starts a worker again that was killed", async () => {
    const before = childNamed(home, "worker");
    process.kill(before, "SIGKILL");
    await until("a new worker", RESTART_LIMIT_MS, () => childNamed(home, "worker") !== before);
    await demo();
  });

  it("stops in order on Ctrl-C and leaves no process behind", async () => {
    const startedAt = performance.now();
    up.kill("SIGINT");
    const { code, stdout, stderr } = await up.ended;
    expect(stderr).to.equal("");
    expect(code).to.equal(0);
    expect(performance.now() - startedAt).to.be.below(STOP_LIMIT_MS);
    expect(processesOf(home)).to.deep.equal([]);
    expect(existsSync(homePaths(home).instance)).to.equal(false);
    const stops = [...stdout.matchAll(/"step":"Stop (\w+)","state":"done"/g)].map(
      ([, name]) => name,
    );
    expect(stops).to.deep.equal(["API", "Worker", "Indexer", "Chain", "Redis", "Postgres"]);
  });

  it("continues with the same data, soon", async () => {
    expect(await start(NEXT_START_LIMIT_MS)).to.be.below(NEXT_START_LIMIT_MS);
    expect(await countTickets(instance().databaseUrl)).to.equal(4);
    expect(up.output()).to.not.match(/deployed again/);
    await demo();
  });

  it("recovers after SIGKILL, and nothing of the product outlives it", async () => {
    const processes = ["api", "worker", "indexer"].map((name) => childNamed(home, name));
    process.kill(up.pid, "SIGKILL");
    await up.ended;
    await until("the end of the processes", RESTART_LIMIT_MS, () => !processes.some(isAlive));
    await start(NEXT_START_LIMIT_MS);
    expect(up.output()).to.match(/Ended what the last run left behind: postgres, redis, chain/);
    expect(await countTickets(instance().databaseUrl)).to.equal(6);
    await demo();
  });

  it("is stopped by down, which has nothing more to do a second time", async () => {
    const first = await launch(["down", "--home", home]).ended;
    expect([first.code, first.stderr]).to.deep.equal([0, ""]);
    expect((await up.ended).code).to.equal(0);
    expect(processesOf(home)).to.deep.equal([]);
    const second = await launch(["down", "--home", home]).ended;
    expect([second.code, second.stdout]).to.deep.equal([0, "Stagedoor is not running.\n"]);
  });

  it("stops as well while it is still starting", async () => {
    const args = ["up", "--home", home, "--port", String(port)];
    up = launch(args);
    await until("Postgres", NEXT_START_LIMIT_MS, () => up.output().includes("Postgres"));
    up.kill("SIGTERM");
    const { code, ms } = await up.ended;
    expect(code).to.equal(0);
    expect(ms).to.be.below(STOP_LIMIT_MS);
    expect(processesOf(home)).to.deep.equal([]);
  });

  it("starts from nothing with --reset, after saying what it deletes", async () => {
    await start(FIRST_START_LIMIT_MS, "--reset");
    expect(up.output()).to.match(/Deleting the data of this instance in/);
    expect(up.output()).to.match(/postgres \(\d+\.\d MiB\)/);
    expect(await countTickets(instance().databaseUrl)).to.equal(0);
    await demo();
    up.kill("SIGTERM");
    expect((await up.ended).code).to.equal(0);
  });
});

async function until(what: string, limitMs: number, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`no ${what} within ${limitMs} ms`);
    await sleep(POLL_MS);
  }
}

function childNamed(home: string, name: string): number {
  return readRun(home)?.children.find((child) => child.name === name)?.pid ?? 0;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function countTickets(connectionString: string): Promise<number> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query("SELECT count(*)::int AS count FROM mirror.ticket");
    return rows[0].count;
  } finally {
    await client.end();
  }
}
