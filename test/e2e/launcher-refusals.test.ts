// Proves that every bad input ends in one sentence, exit code 1 and nothing left behind.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { findFreePort, LOOPBACK } from "#scripts/services/ports.ts";
import { type Services, startServices } from "#scripts/services/start-services.ts";
import { DISK_MIN_BYTES, requireDiskSpace } from "#scripts/up-checks.ts";
import {
  launch,
  pathWith,
  processesOf,
  removeTemporary,
  temporaryHome,
} from "../support/launcher.ts";

const NO_CONTRACT = "0x00000000000000000000000000000000000000aa";

describe("launcher refusals", function () {
  this.timeout(60_000);
  let home: string;
  let folder: string;
  let port: number;

  beforeEach(async () => {
    home = temporaryHome();
    folder = mkdtempSync(join(tmpdir(), "stagedoor-test-"));
    port = await findFreePort();
  });
  afterEach(() => {
    removeTemporary(home);
    rmSync(folder, { recursive: true, force: true });
  });

  async function refuses(expected: RegExp, env: Record<string, string> = {}, args: string[] = []) {
    const command = ["up", "--home", home, "--port", String(port), ...args];
    const { code, stderr } = await launch(command, { env }).ended;
    expect(stderr).to.match(expected);
    expect(stderr.trimEnd().split("\n"), stderr).to.have.lengthOf(1);
    expect(code).to.equal(1);
    expect(processesOf(home)).to.deep.equal([]);
    expect(existsSync(home), "the home folder").to.equal(false);
  }

  describe("on this machine", () => {
    it("refuses a port that another program listens on", async () => {
      const server = await listen(port);
      await refuses(new RegExp(`^Port ${port} is in use by another program\\. .*--port`));
      server.close();
    });

    it("refuses a health port that another program listens on, and names its variable", async () => {
      const health = await findFreePort();
      const server = await listen(health);
      const sentence = new RegExp(`^Port ${health} is in use .* set WORKER_HEALTH_PORT\\.`);
      await refuses(sentence, { WORKER_HEALTH_PORT: String(health) });
      server.close();
    });

    it("refuses to go on without Redis when its installation fails", async () => {
      const apt = 'echo "E: Unable to locate package redis-server" >&2; exit 100';
      const PATH = pathWith(join(folder, "bin"), { "apt-get": apt });
      await refuses(
        /^There is no Redis on this machine and it could not be installed\. .*REDIS_URL/,
        {
          PATH,
        },
      );
    });

    it("refuses to go on without Redis where nothing can install it", async () => {
      const PATH = pathWith(join(folder, "bin"));
      await refuses(/^There is no Redis on this machine/, { PATH });
    });

    it("refuses a Node that is too old", async () => {
      const override = "Object.defineProperty(process.versions,'node',{value:'18.19.0'})";
      const old = `exec "${process.execPath}" --import "data:text/javascript,${override}" "$@"`;
      const PATH = pathWith(join(folder, "bin"), { node: old });
      await refuses(/^Stagedoor needs Node 20\.20 or newer and this is 18\.19\.0\. Install/, {
        PATH,
      });
    });

    it("refuses a machine without Node", async () => {
      const bin = pathWith(join(folder, "bin"));
      rmSync(join(bin, "node"));
      await refuses(/^Stagedoor needs Node 20\.20 or newer and there is no node in PATH\./, {
        PATH: bin,
      });
    });

    it("refuses a disk with less than a gibibyte", async () => {
      const almost = async () => ({ bavail: DISK_MIN_BYTES / 4096 - 1, bsize: 4096 });
      const error = await requireDiskSpace(home, almost).catch((caught: Error) => caught);
      expect(String(error)).to.match(/needs 1024 MiB of free disk and \S+ has 1023 MiB/);
      const enough = async () => ({ bavail: DISK_MIN_BYTES / 4096, bsize: 4096 });
      expect(await requireDiskSpace(home, enough)).to.equal(undefined);
    });
  });

  describe("of configured services", () => {
    it("refuses a DATABASE_URL that nobody answers, without showing the password", async () => {
      const url = `postgresql://me:very-secret@${LOOPBACK}:${await findFreePort()}/tickets`;
      const sentence =
        /^The Postgres in DATABASE_URL \(postgresql:\/\/127\.0\.0\.1:\d+\) cannot be used/;
      await refuses(sentence, { DATABASE_URL: url });
    });

    it("refuses a DATABASE_URL whose host accepts and says nothing, within its limit", async () => {
      const silent = await listen(await findFreePort());
      const { port: taken } = silent.address() as { port: number };
      const DATABASE_URL = `postgresql://me@${LOOPBACK}:${taken}/tickets`;
      await refuses(/^The Postgres in DATABASE_URL .* cannot be used: .*time/, { DATABASE_URL });
      silent.close();
    });

    it("refuses a REDIS_URL that nobody answers", async () => {
      const REDIS_URL = `redis://:very-secret@${LOOPBACK}:${await findFreePort()}`;
      await refuses(/^The Redis in REDIS_URL \(redis:\/\/127\.0\.0\.1:\d+\) cannot be used/, {
        REDIS_URL,
      });
    });

    it("refuses an RPC that nobody answers", async () => {
      const rpcUrl = `http://${LOOPBACK}:${await findFreePort()}/key-in-path`;
      await refuses(/^The RPC of deployment 7 \(http:\/\/127\.0\.0\.1:\d+\) does not answer\./, {
        DEPLOYMENTS: deployments({ rpcUrl }),
      });
    });

    describe("with a chain that answers", () => {
      let chain: Services;
      let chainHome: string;

      before(async () => {
        chainHome = temporaryHome();
        mkdirSync(chainHome, { recursive: true });
        const want = { postgres: false, redis: false, chain: true };
        chain = await startServices({ home: chainHome, want });
      });
      after(async () => {
        await chain.stop();
        removeTemporary(chainHome);
      });

      it("refuses another chain id than the configured one", async () => {
        const DEPLOYMENTS = deployments({ rpcUrl: chain.rpcUrl, chainId: 8453 });
        await refuses(/deployment 7 serves chain 31337, not 8453/, { DEPLOYMENTS });
      });

      it("refuses an address without a contract", async () => {
        const DEPLOYMENTS = deployments({ rpcUrl: chain.rpcUrl });
        await refuses(new RegExp(`no contract at ${NO_CONTRACT} on chain 31337`), { DEPLOYMENTS });
      });
    });
  });

  describe("of variables", () => {
    it("refuses malformed ones and names each", async () => {
      await refuses(/^The variable DEPLOYMENTS is malformed/, { DEPLOYMENTS: "[{" });
      await refuses(/^The variable DEPLOYMENTS is malformed/, {
        DEPLOYMENTS: deployments({ tickets: "0x12" }),
      });
      await refuses(/^The variable DATABASE_URL is malformed/, { DATABASE_URL: "mysql://here" });
      await refuses(/^The variable REDIS_URL is malformed/, { REDIS_URL: "localhost" });
      await refuses(/^The variable LOG_LEVEL is malformed/, { LOG_LEVEL: "loud" });
      await refuses(/^The variable PUBLIC_URL is malformed/, { PUBLIC_URL: "tickets" });
      const { code, stderr } = await launch(["up", "--home", home], { env: { PORT: "http" } })
        .ended;
      expect(`${code},${stderr}`).to.match(/^1,The variable PORT is malformed/);
    });

    it("refuses the embedded chain in production", async () => {
      await refuses(/^NODE_ENV=production does not use the embedded chain/, {
        NODE_ENV: "production",
      });
    });

    it("refuses each development part in production", async () => {
      const production = {
        NODE_ENV: "production",
        PUBLIC_URL: "https://tickets.example.org",
        DEPLOYMENTS: deployments({}),
      };
      for (const part of ["PAYMENT_PROVIDER", "WALLET"]) {
        const sentence = new RegExp(`^Refusing to start with ${part}=development`);
        await refuses(sentence, { ...production, [part]: "development" });
      }
      const published = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
      await refuses(/^Refusing to start with a published test key as MINTER_KEY/, {
        ...production,
        MINTER_KEY: published,
      });
    });

    it("passes no development part to another chain", async () => {
      const DEPLOYMENTS = deployments({ chainId: 8453, rpcUrl: `http://${LOOPBACK}:1` });
      // The environment is accepted, so the first thing to fail is the chain.
      await refuses(/^The RPC of deployment 7/, { DEPLOYMENTS });
    });
  });

  describe("of what was typed", () => {
    it("answers 2 for an unknown command or option", async () => {
      for (const args of [["upp"], ["up", "--porrt", "1"], ["up", "--port", "0"], ["down", "x"]]) {
        const { code, stderr } = await launch(args).ended;
        expect(code, stderr).to.equal(2);
        expect(stderr.trimEnd().split("\n"), stderr).to.have.lengthOf(1);
      }
    });
  });
});

function deployments(changed: Record<string, unknown>): string {
  const entry = { id: 7, chainId: 31337, rpcUrl: "http://127.0.0.1:1", startBlock: 0 };
  return JSON.stringify([{ ...entry, tickets: NO_CONTRACT, ...changed }]);
}

function listen(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => server.listen(port, LOOPBACK, () => resolve(server)));
}
