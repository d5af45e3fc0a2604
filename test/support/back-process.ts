// The worker and the indexer as processes of their own, as they run in production, beside a suite's house.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { systemClock } from "#server/platform/clock.ts";
import type { House } from "./house.ts";
import { requireVariable } from "./variables.ts";

const MAINS = { worker: "server/worker.ts", indexer: "indexer/main.ts" } as const;
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;

export interface BackProcess {
  /** Ends as an orchestrator ends it; answers the exit code. */
  stop(): Promise<number | null>;
}

export async function startBack(
  name: keyof typeof MAINS,
  house: House,
  env: Record<string, string> = {},
): Promise<BackProcess> {
  const main = join(import.meta.dirname, "../..", MAINS[name]);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
    env: {
      PATH: process.env.PATH ?? "",
      NODE_ENV: "development",
      PUBLIC_URL: house.url,
      DATABASE_URL: house.databaseUrl,
      REDIS_URL: requireVariable("TEST_REDIS_URL"),
      DEPLOYMENTS: JSON.stringify([...house.chains.values()].map(({ deployment }) => deployment)),
      LOG_LEVEL: "error",
      PAYMENT_PROVIDER: "development",
      ...env,
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const ready = new Promise<"ready">((resolve) => child.once("message", () => resolve("ready")));
  const decided = new AbortController();
  const late = systemClock.sleep(READY_LIMIT_MS, decided.signal).then(() => "late" as const);
  const outcome = await Promise.race([ready, exited, late]);
  decided.abort();
  if (outcome !== "ready") {
    child.kill("SIGKILL");
    throw new Error(`the ${name} did not start: ${outcome}`);
  }
  return {
    stop: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
  };
}
