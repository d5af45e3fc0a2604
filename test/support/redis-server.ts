// A Redis of a suite's own, which can be killed and started again where it was.
import { type ChildProcess, spawn } from "node:child_process";
import { Redis } from "ioredis";
import { findFreePort } from "#scripts/services/ports.ts";

export interface RedisServer {
  url: string;
  port: number;
  start(): Promise<void>;
  /** SIGKILL: nothing is written, nothing is said. */
  kill(): Promise<void>;
  ask(...command: [string, ...string[]]): Promise<string>;
}

const READY_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

export async function createRedisServer(options: string[] = []): Promise<RedisServer> {
  const port = await findFreePort();
  let child: ChildProcess | undefined;

  async function ask(...command: [string, ...string[]]): Promise<string> {
    const client = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return String(await client.call(...command));
    } finally {
      client.disconnect();
    }
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    ask,
    start: async () => {
      const memoryOnly = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"];
      child = spawn("redis-server", ["--port", String(port), ...memoryOnly, ...options], {
        stdio: "ignore",
      });
      await until("Redis answers", async () => (await ask("PING")) === "PONG");
    },
    kill: async () => {
      const gone = new Promise((resolve) => child?.once("exit", resolve));
      if (child?.kill("SIGKILL") !== true) return;
      await gone;
    },
  };
}

/** Polls until it is so; an error means not yet. */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < end) {
    if (await look().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`not within ${READY_TIMEOUT_MS} ms: ${what}`);
}
