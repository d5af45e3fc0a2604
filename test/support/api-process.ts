// An API process of its own, as it runs in production, beside the house of a suite.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findFreePort } from "#scripts/services/ports.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { House } from "./house.ts";
import { requireVariable } from "./variables.ts";

const main = join(import.meta.dirname, "../../server/main.ts");
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;
const BYTES_PER_KIB = 1_024;

export interface ApiProcess {
  url: string;
  /** Memory that the process has in use, as the kernel counts it. */
  residentBytes(): number;
  /** Ends as an orchestrator ends it; answers the exit code. */
  stop(): Promise<number | null>;
  /** Ends as kill -9 ends it, in the middle of whatever it does. */
  kill(): Promise<void>;
}

export async function startApi(
  house: House,
  env: Record<string, string> = {},
): Promise<ApiProcess> {
  const port = Number(env.PORT ?? (await findFreePort()));
  const url = `http://localhost:${port}`;
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH ?? "",
      NODE_ENV: "development",
      PORT: String(port),
      PUBLIC_URL: url,
      DATABASE_URL: house.databaseUrl,
      REDIS_URL: requireVariable("TEST_REDIS_URL"),
      DEPLOYMENTS: JSON.stringify([...house.chains.values()].map(({ deployment }) => deployment)),
      LOG_LEVEL: "fatal",
      RATE_LIMIT_SCALE: "0",
      PAYMENT_PROVIDER: "development",
      GRACE_MS: "0",
      ...env,
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const ready = new Promise<void>((resolve) => child.once("message", () => resolve()));
  const decided = new AbortController();
  const late = systemClock.sleep(READY_LIMIT_MS, decided.signal).then(() => "late" as const);
  const outcome = await Promise.race([ready, exited, late]);
  decided.abort();
  if (outcome !== undefined) {
    child.kill("SIGKILL");
    throw new Error(`the API process did not start: ${outcome}`);
  }
  return {
    url,
    residentBytes: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * BYTES_PER_KIB;
    },
    stop: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
