// Starts the product's own processes and waits until each says that it is ready.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, startChild, tailOf } from "./services/child.ts";
import type { Run } from "./services/strays.ts";
import { Stop } from "./stop.ts";
import type { Part } from "./up-keeper.ts";

export type ProcessPlan = {
  /** The log's name and the name in the run record. */
  name: string;
  label: string;
  /** Absolute path of the script. */
  script: string;
};

/** A cold start reads a few hundred files; a busy machine takes ten times the usual second. */
const READY_LIMIT_MS = 30_000;
const TAIL_LINES = 3;

export async function startProcess(options: {
  plan: ProcessPlan;
  env: Record<string, string | undefined>;
  logs: string;
  run: Run;
  readyLimitMs?: number;
}): Promise<Part> {
  const { name, label, script } = options.plan;
  const child = await startChild({
    name,
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", script],
    logFile: join(options.logs, `${name}.log`),
    env: options.env,
    // The channel tells when the process is ready, and its end tells the process that we died.
    ipc: true,
  });
  options.run.add({ name, pid: child.pid, command: script });
  const readyLimitMs = options.readyLimitMs ?? READY_LIMIT_MS;
  const outcome = await Promise.race([
    isReady(child),
    child.exited.then((how) => `ended with ${how}`),
    sleep(readyLimitMs, `was not ready after ${readyLimitMs / 1_000} s`, { ref: false }),
  ]);
  if (outcome !== READY) {
    await child.stop([]);
    throw new Stop(
      `${label} ${outcome}.`,
      `Its log ${child.logFile} ends with:\n${tailOf(child.logFile, TAIL_LINES)}`,
    );
  }
  return {
    pid: child.pid,
    logFile: child.logFile,
    exited: child.exited,
    stop: (limitMs) => child.stop([{ signal: "SIGTERM", waitMs: limitMs }]),
  };
}

const READY = "ready";

function isReady(child: Child): Promise<typeof READY> {
  return new Promise((resolve) => {
    child.process.on("message", (message: unknown) => {
      if ((message as { type?: unknown } | null)?.type === READY) resolve(READY);
    });
  });
}
