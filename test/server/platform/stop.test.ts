// The API process ends while it is asked: within the launcher's limit, and with every answer given.
import { spawn } from "node:child_process";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import { findFreePort } from "#scripts/services/ports.ts";
import { type House, openHouse } from "../../support/house.ts";
import { requireVariable } from "../../support/variables.ts";

const main = join(import.meta.dirname, "../../../server/main.ts");
const CLIENTS = 16;
const REQUESTS_MAX = 50_000;
const WARM_UP_MS = 500;
const ANSWERED_MIN = 2;
/** What scripts/up-instance.ts leaves the API before it kills. */
const LAUNCHER_LIMIT_MS = 3_000;

describe("the API process under load", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("stops in time and cuts no request", async () => {
    const port = await findFreePort();
    const child = spawn(process.execPath, [main], {
      env: {
        PATH: process.env.PATH ?? "",
        NODE_ENV: "development",
        PORT: String(port),
        PUBLIC_URL: `http://localhost:${port}`,
        DATABASE_URL: house.databaseUrl,
        REDIS_URL: requireVariable("TEST_REDIS_URL"),
        DEPLOYMENTS: JSON.stringify([house.chain.deployment]),
        LOG_LEVEL: "fatal",
        // As the launcher has it.
        ...{ GRACE_MS: "0", DRAIN_MS: "2000" },
      },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    try {
      const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
      await new Promise((resolve) => child.once("message", resolve));
      const paths = ["/v1/events", `/v1/events/${house.eventId}`, "/readyz", "/v1/config"];
      const counts = new Array<number>(CLIENTS).fill(0);
      const clients = counts.map((_, at) => askUntilRefused(port, paths, { at, counts }));
      // A busy machine may need longer until all of them are in the middle of it.
      while (counts.some((answered) => answered < ANSWERED_MIN)) {
        await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
      }
      const began = performance.now();
      child.kill("SIGTERM");
      expect(await exited).to.equal(0);
      expect(performance.now() - began).to.be.lessThan(LAUNCHER_LIMIT_MS);
      const ends = await Promise.all(clients);
      expect(new Set(ends.map(({ end }) => end))).to.deep.equal(new Set(["ECONNREFUSED"]));
      expect(ends.every(({ answered }) => answered >= ANSWERED_MIN)).to.equal(true);
    } finally {
      child.kill("SIGKILL");
    }
  }).timeout(40_000);

  async function askUntilRefused(
    port: number,
    paths: string[],
    { at, counts }: { at: number; counts: number[] },
  ) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let answered = 0; answered < REQUESTS_MAX; answered += 1) {
      counts[at] = answered;
      const path = paths[(at + answered) % paths.length] ?? "/";
      const end = await ask({ port, agent, path });
      if (end !== undefined) return { answered, end };
    }
    throw new Error("the server never stopped");
  }

  /** Resolves to how it failed, or to undefined once the whole answer is there. */
  function ask(request: { port: number; agent: Agent; path: string }): Promise<string | undefined> {
    return new Promise((resolve) => {
      get({ host: "127.0.0.1", ...request }, (response) => {
        response.resume();
        response.once("end", () => resolve(undefined));
        response.once("error", (error) => resolve(`half an answer: ${error.message}`));
      }).once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  }
});
