// The indexer as a process of its own on any chain, with what it prints and what it says at /metrics.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { findFreePort } from "#scripts/services/ports.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Deployment } from "#server/platform/env.ts";

const MAIN = join(repositoryRoot, "indexer/main.ts");
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;
const METRICS_TIMEOUT_MS = 5_000;
const POLL_MS = 20;

export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

export interface IndexerProcess {
  pid: number;
  /** Every line of its log, oldest first. */
  lines: LogLine[];
  /** What it wrote for a person: not a line of the log. */
  said(): string;
  /** The sum of a metric's values that carry these labels. */
  metric(name: string, labels?: Record<string, string>): Promise<number>;
  /** Resolves with the first line that says this; rejects when the process ends without. */
  line(msg: string): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  /** As kill -9 ends it. */
  kill(): Promise<void>;
  /** As an orchestrator ends it; answers the exit code. */
  stop(): Promise<number | null>;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface IndexerOptions {
  databaseUrl: string;
  deployments: readonly Deployment[];
  env?: Record<string, string>;
}

/** Started, which is not ready: whoever needs that waits for the line. */
export async function startIndexer(options: IndexerOptions): Promise<IndexerProcess> {
  const { databaseUrl, deployments, env = {} } = options;
  const port = await findFreePort();
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN], {
    env: {
      PATH: process.env.PATH ?? "",
      ...(process.env.NODE_COMPILE_CACHE === undefined
        ? {}
        : { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
      NODE_ENV: "production",
      PUBLIC_URL: "https://tickets.example",
      DATABASE_URL: databaseUrl,
      REDIS_URL: "redis://127.0.0.1:1",
      DEPLOYMENTS: JSON.stringify(deployments),
      INDEXER_HEALTH_PORT: String(port),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const lines: LogLine[] = [];
  let said = "";
  createInterface({ input: child.stdout as Readable }).on("line", (text) => {
    try {
      lines.push(JSON.parse(text) as LogLine);
    } catch {
      said += `${text}\n`;
    }
  });
  (child.stderr as Readable).setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const line = async (msg: string): Promise<LogLine> => {
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    const endMs = systemClock.monotonicMs() + READY_LIMIT_MS;
    for (;;) {
      const found = lines.find((each) => each.msg === msg);
      if (found !== undefined) return found;
      if (isOver) throw new Error(`it ended before it said "${msg}": ${said}`);
      if (systemClock.monotonicMs() > endMs) throw new Error(`it never said "${msg}"`);
      await systemClock.sleep(POLL_MS);
    }
  };
  return {
    ...{ pid: child.pid ?? 0, lines, line, ended },
    said: () => said,
    metric: (name, labels = {}) => readMetric(port, name, labels),
    signal: (name) => void child.kill(name),
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    stop: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      const { code } = await ended;
      clearTimeout(timer);
      return code;
    },
  };
}

async function readMetric(
  port: number,
  name: string,
  labels: Record<string, string>,
): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
    signal: AbortSignal.timeout(METRICS_TIMEOUT_MS),
  });
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return (await response.text())
    .split("\n")
    .filter((text) => text.startsWith(`${name}{`) || text.startsWith(`${name} `))
    .filter((text) => wanted.every((pair) => text.includes(pair)))
    .reduce((sum, text) => sum + Number(text.slice(text.lastIndexOf(" ") + 1)), 0);
}
