// Proves the launcher's decisions one by one: when to mine, when to restart, what to delete, what to show.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { createProgress } from "#scripts/progress.ts";
import { createMiner, IDLE_BLOCK_MS, SLEEPY_BLOCK_MS } from "#scripts/services/chain-miner.ts";
import { createHome, homeEntries, readSecrets, removeHome } from "#scripts/services/home.ts";
import { findFreePort, isPortFree } from "#scripts/services/ports.ts";
import { findRedisServer } from "#scripts/services/redis-install.ts";
import type { Stop } from "#scripts/stop.ts";
import { withoutSecret } from "#scripts/up-checks.ts";
import { makePlan, processEnvironment } from "#scripts/up-environment.ts";
import { keepAlive, type Part } from "#scripts/up-keeper.ts";
import { pathWith, removeTemporary, temporaryHome } from "../support/launcher.ts";

const MINUTE_MS = 60_000;

describe("chain miner", () => {
  function make() {
    const state = { now: 0, pending: 0, mined: [] as number[] };
    const miner = createMiner({
      blockTimeMs: 1_000,
      pendingCount: async () => state.pending,
      mine: async () => void state.mined.push(state.now),
      onError: (error) => {
        throw error;
      },
      now: () => state.now,
    });
    const runFor = async (ms: number) => {
      for (const end = state.now + ms; state.now < end; state.now += 1_000) await miner.tick();
    };
    return { state, runFor };
  }

  it("mines every period while transactions wait, and four blocks more", async () => {
    const { state, runFor } = make();
    state.pending = 1;
    await runFor(3_000);
    state.pending = 0;
    await runFor(10_000);
    expect(state.mined).to.deep.equal([0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000]);
  });

  it("moves the clock every 15 s when idle, and every five minutes after ten idle ones", async () => {
    const { state, runFor } = make();
    await runFor(10 * MINUTE_MS);
    expect(state.mined).to.have.lengthOf((10 * MINUTE_MS) / IDLE_BLOCK_MS);
    state.mined.length = 0;
    await runFor(60 * MINUTE_MS);
    expect(state.mined.length).to.be.within(11, (60 * MINUTE_MS) / SLEEPY_BLOCK_MS);
    state.pending = 1;
    state.mined.length = 0;
    await runFor(1_000);
    expect(state.mined).to.have.lengthOf(1);
  });
});

describe("keeper", () => {
  function make(options: { failures?: number } = {}) {
    const ends: (() => void)[] = [];
    const said: string[] = [];
    let failures = options.failures ?? 0;
    const makePart = (): Part => {
      let end = () => {};
      const exited = new Promise<string>((resolve) => {
        end = () => resolve("signal SIGKILL");
      });
      ends.push(end);
      return { pid: 0, logFile: "/nowhere/api.log", exited, stop: async () => end() };
    };
    const gaveUp = Promise.withResolvers<Stop>();
    const keeper = keepAlive({
      name: "API",
      first: makePart(),
      startAgain: async () => {
        if (failures > 0) {
          failures -= 1;
          throw new Error("no");
        }
        return makePart();
      },
      note: (text) => void said.push(text),
      giveUp: gaveUp.resolve,
      backoffMs: 0,
    });
    return { keeper, ends, said, gaveUp: gaveUp.promise };
  }
  const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

  it("starts a part again that died, also when the first attempt fails", async () => {
    const { keeper, ends, said } = make({ failures: 1 });
    ends[0]?.();
    await settled();
    expect(ends).to.have.lengthOf(2);
    expect(said[0]).to.equal("API ended on its own (signal SIGKILL); starting it again.");
    await keeper.stop(100);
  });

  it("gives up at the sixth death within a minute and names the log", async () => {
    const { ends, gaveUp } = make();
    for (let death = 0; death < 6; death += 1) {
      ends[death]?.();
      await settled();
    }
    expect((await gaveUp).message).to.match(/^API ended 6 times within 60 s/);
    expect((await gaveUp).hint).to.contain("/nowhere/api.log");
  });

  it("starts nothing again once it was stopped", async () => {
    const { keeper, ends, said } = make();
    await keeper.stop(100);
    await settled();
    expect(ends).to.have.lengthOf(1);
    expect(said).to.deep.equal([]);
  });
});

describe("home folder", () => {
  it("loses its own entries and no other file", () => {
    const home = temporaryHome();
    createHome(home);
    readSecrets(home);
    mkdirSync(join(home, "logs"));
    writeFileSync(join(home, "thesis.txt"), "years of work");
    expect(homeEntries(home)).to.have.members([join(home, "secrets.json"), join(home, "logs")]);
    removeHome(home);
    expect(homeEntries(home)).to.deep.equal([]);
    expect(existsSync(join(home, "thesis.txt"))).to.equal(true);
    removeTemporary(home);
  });
});

describe("free ports", () => {
  it("gives the wanted port when it is free and another one when it is not", async () => {
    const wanted = await findFreePort();
    expect(await findFreePort(wanted)).to.equal(wanted);
    for (const host of ["127.0.0.1", "0.0.0.0"]) {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(wanted, host, resolve));
      expect(await isPortFree(wanted), host).to.equal(false);
      expect(await findFreePort(wanted), host).to.not.equal(wanted);
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe("redis server", () => {
  it("is installed through apt-get where there is none, after saying so", async () => {
    const home = temporaryHome();
    const bin = join(home, "bin");
    const server = join(bin, "redis-server");
    const install = `echo "$*" >> "${home}/calls"; [ "$1" = update ] || : > "${server}"; chmod 755 "${server}"`;
    pathWith(bin, {
      "apt-get": `PATH=/usr/bin:/bin; ${install}`,
      // An ordinary user needs the right to install without a password.
      sudo: '[ "$1" = -n ] && shift; exec "$@"',
    });
    const said: string[] = [];
    const path = process.env.PATH;
    process.env.PATH = bin;
    try {
      expect(await findRedisServer((text) => void said.push(text))).to.equal(server);
    } finally {
      process.env.PATH = path;
    }
    expect(said).to.have.lengthOf(1);
    expect(said[0]).to.match(/^No Redis on this machine; installing it: .*apt-get install -y/);
    removeTemporary(home);
  });
});

describe("environment of the processes", () => {
  const facts = { databaseUrl: "postgresql://a", redisUrl: "redis://b", deployments: [] };
  const elsewhere = JSON.stringify([
    {
      ...{ id: 1, chainId: 8453, rpcUrl: "https://rpc.example.org", startBlock: 0 },
      tickets: "0x00000000000000000000000000000000000000aa",
    },
  ]);

  it("has the development parts on the embedded chain", () => {
    const env = processEnvironment(makePlan({ EMPTY: "" }, 5_000), facts);
    expect(env).to.include({
      ...{ NODE_ENV: "development", PAYMENT_PROVIDER: "development", WALLET: "development" },
      ...{ PORT: "5000", PUBLIC_URL: "http://localhost:5000", REDIS_URL: "redis://b" },
    });
    expect(env.MINTER_KEY).to.match(/^0x[0-9a-f]{64}$/);
  });

  it("has no development part on another chain or in production", () => {
    const source = { DEPLOYMENTS: elsewhere, PUBLIC_URL: "https://tickets.example.org" };
    for (const NODE_ENV of ["development", "production"]) {
      const env = processEnvironment(makePlan({ ...source, NODE_ENV }, undefined), facts);
      const parts = ["MINTER_KEY", "PAYMENT_PROVIDER", "WALLET", "STAGEDOOR_OPERATORS"];
      expect(env, NODE_ENV).to.not.have.any.keys(...parts);
    }
  });

  it("replaces one service at a time, and takes an empty variable for none", () => {
    const source = { DATABASE_URL: "postgresql://mine/tickets", REDIS_URL: "" };
    const plan = makePlan(source, 5_000);
    expect(plan).to.include({ databaseUrl: source.DATABASE_URL, redisUrl: undefined });
    expect(processEnvironment(plan, facts).DATABASE_URL).to.equal(source.DATABASE_URL);
  });
});

describe("what is shown", () => {
  async function shown(mode: "terminal" | "plain" | "json"): Promise<string> {
    let text = "";
    const write = (chunk: string) => {
      text += chunk;
    };
    const output = { write, columns: 80 };
    const progress = createProgress(mode, output);
    await progress.step("Postgres", async () => progress.note("a note"));
    await progress.step("Redis", () => Promise.reject(new Error("no"))).catch(() => undefined);
    progress.result({ type: "ready", url: "http://here" }, ["ready: http://here"]);
    return text;
  }

  it("is one JSON object per line for machines", async () => {
    const lines = (await shown("json"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type, state }) => state ?? type)).to.deep.equal([
      ...["started", "note", "done", "started", "failed", "ready"],
    ]);
    expect(lines[2].ms).to.be.a("number");
  });

  it("is a line per step without control codes where there is no terminal", async () => {
    const text = await shown("plain");
    expect(text).to.match(
      /^ {2}a note\n✓ Postgres +0\.0 s\n✗ Redis +0\.0 s\nready: http:\/\/here\n$/,
    );
  });

  it("is redrawn in place on a terminal and ends with the same lines", async () => {
    const text = await shown("terminal");
    const visible = text.split("\n").map((line) => line.slice(line.lastIndexOf("\u001b[2K") + 4));
    expect(visible.join("\n")).to.match(/✓ Postgres +0\.0 s\n✗ Redis +0\.0 s\n/);
  });

  it("never shows a password or a key in a URL", () => {
    expect(withoutSecret("postgresql://me:p@ss@db:5432/x?sslkey=1")).to.equal(
      "postgresql://db:5432",
    );
    expect(withoutSecret("https://rpc.example.org/v2/secret-key")).to.equal(
      "https://rpc.example.org",
    );
    expect(withoutSecret("redis+sentinel://:secret@a:1,b:2/name")).to.equal(
      "redis+sentinel://a:1,b:2",
    );
  });
});
