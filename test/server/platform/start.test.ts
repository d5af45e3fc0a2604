// A process that cannot start says why in one sentence and leaves with exit code 1.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { findFreePort } from "#scripts/services/ports.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { type House, openHouse } from "../../support/house.ts";
import { wireTo } from "../../support/proxy.ts";
import { requireVariable } from "../../support/variables.ts";

const root = join(import.meta.dirname, "../../..");
const START_TIMEOUT_MS = 20_000;
const CLOSED_PORT = 1;
const STOP_LIMIT_MS = 15_000;
const SETTLE_MS = 500;

describe("start", () => {
  let house: House;
  let empty: TestDatabase;
  before(async () => {
    house = await openHouse();
    empty = await createDatabase({ migrated: false });
  });
  after(async () => {
    await house.close();
    await empty.drop();
  });

  function variables(change: Record<string, string> = {}): Record<string, string> {
    return {
      PATH: process.env.PATH ?? "",
      NODE_ENV: "development",
      PORT: "0",
      PUBLIC_URL: "http://localhost:1",
      DATABASE_URL: house.databaseUrl,
      REDIS_URL: requireVariable("TEST_REDIS_URL"),
      DEPLOYMENTS: JSON.stringify([house.chain.deployment]),
      LOG_LEVEL: "fatal",
      ...change,
    };
  }

  async function start(script: string, env: Record<string, string>) {
    const child = spawn(process.execPath, [join(root, script)], { env, stdio: "pipe" });
    let stderr = "";
    child.stderr.on("data", (part: Buffer) => {
      stderr += part.toString();
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
    const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
    clearTimeout(timer);
    return { code, stderr: stderr.trim() };
  }

  const deploymentWith = (change: Record<string, unknown>) => () =>
    JSON.stringify([{ ...house.chain.deployment, ...change }]);

  const cases: [what: string, change: () => Record<string, string>, says: RegExp][] = [
    [
      "Postgres away",
      () => ({ DATABASE_URL: `postgresql://u:secret@127.0.0.1:${CLOSED_PORT}/db` }),
      /^The database at DATABASE_URL cannot be used \(ECONNREFUSED\)/,
    ],
    [
      "a database without migrations",
      () => ({ DATABASE_URL: empty.url }),
      /has no tables of ours: run .\/stagedoor migrate/,
    ],
    [
      "Redis away",
      () => ({ REDIS_URL: `redis://127.0.0.1:${CLOSED_PORT}` }),
      /^Redis at REDIS_URL does not answer/,
    ],
    [
      "the RPC away",
      () => ({ DEPLOYMENTS: deploymentWith({ rpcUrl: `http://127.0.0.1:${CLOSED_PORT}` })() }),
      /^The RPC of deployment 1 does not answer/,
    ],
    [
      "another chain than configured",
      () => ({ DEPLOYMENTS: deploymentWith({ chainId: 5 })() }),
      /^The RPC of deployment 1 serves chain 31337, not 5/,
    ],
    [
      "no contract at the address",
      () => ({ DEPLOYMENTS: deploymentWith({ tickets: `0x${"77".repeat(20)}` })() }),
      /^There is no contract at 0x7777/,
    ],
  ];
  for (const [what, change, says] of cases) {
    it(`says what to do with ${what}`, async () => {
      const { code, stderr } = await start("server/main.ts", variables(change()));
      expect(stderr.split("\n"), stderr).to.have.lengthOf(1);
      expect(stderr).to.match(says);
      expect(stderr).not.to.include("secret");
      expect(code).to.equal(1);
    }).timeout(START_TIMEOUT_MS + 5_000);
  }

  it("says which port is in use", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const { code, stderr } = await start("server/main.ts", variables({ PORT: String(port) }));
    taken.close();
    expect(stderr).to.equal(
      `Port ${port} is in use: stop what listens there, or set another PORT.`,
    );
    expect(code).to.equal(1);
  }).timeout(START_TIMEOUT_MS + 5_000);

  for (const [script, more] of [
    ["server/main.ts", {}],
    ["server/worker.ts", { MINTER_KEY: anvilAccount(ANVIL_ROLES.minter).privateKey }],
  ] as const) {
    it(`stops ${script} in order within its deadline although Redis is gone`, async () => {
      const { url, wire } = await wireTo(requireVariable("TEST_REDIS_URL"));
      const env = variables({ REDIS_URL: url, PORT: String(await findFreePort()), ...more });
      const child = spawn(process.execPath, [join(root, script)], {
        env,
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
      try {
        await new Promise<void>((resolve, reject) => {
          child.once("message", () => resolve());
          child.once("exit", (code) => reject(new Error(`ended with ${code} before it was ready`)));
        });
        wire.cut();
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        const began = performance.now();
        child.kill("SIGTERM");
        expect(await exited).to.equal(0);
        expect(performance.now() - began).to.be.lessThan(STOP_LIMIT_MS);
      } finally {
        child.kill("SIGKILL");
        await wire.close();
      }
    }).timeout(START_TIMEOUT_MS + STOP_LIMIT_MS);
  }

  it("lets no worker start without a key to mint with", async () => {
    const { code, stderr } = await start("server/worker.ts", variables());
    expect(stderr).to.match(/^The variable MINTER_KEY is not set/);
    expect(code).to.equal(1);
  }).timeout(START_TIMEOUT_MS + 5_000);
});
