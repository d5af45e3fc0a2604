// Starts one service process, watches it and stops it within a limit.
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A log is kept once more under `.1` when it has grown past this. */
const LOG_BYTES_MAX = 10 * 1024 * 1024;
const TAIL_BYTES_MAX = 16 * 1024;

export type ChildOptions = {
  name: string;
  command: string;
  args: string[];
  logFile: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  user?: { uid: number; gid: number } | undefined;
  ipc?: boolean;
};

export type StopStep = { signal: NodeJS.Signals; waitMs: number };

export type Child = {
  name: string;
  pid: number;
  logFile: string;
  process: ChildProcess;
  /** Resolves, never rejects, with how the process ended. */
  exited: Promise<string>;
  alive(): boolean;
  /** Sends each signal in turn until the process is gone; SIGKILL always comes last. */
  stop(steps: StopStep[]): Promise<void>;
};

/** What the launcher keeps of a running service. */
export type Service = {
  name: string;
  url: string;
  port: number;
  pid: number;
  logFile: string;
  exited: Promise<string>;
  /** Ends it in good order, and by force when that takes longer than the limit. */
  stop(limitMs?: number): Promise<void>;
};

/** Waiting for the kernel to end a process after SIGKILL; longer means it hangs in the kernel. */
const KILL_WAIT_MS = 2_000;

export async function startChild(options: ChildOptions): Promise<Child> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  rotate(options.logFile);
  const fd = openSync(options.logFile, "a", 0o600);
  // Detached: a Ctrl-C reaches every process of the terminal's group at once, and the order of
  // stopping would be lost. The supervisor alone hears it and stops the others one by one.
  const child = spawn(options.command, options.args, {
    detached: true,
    stdio: options.ipc ? ["ignore", fd, fd, "ipc"] : ["ignore", fd, fd],
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
    ...(options.user && { uid: options.user.uid, gid: options.user.gid }),
  });
  closeSync(fd);
  let ended: string | undefined;
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      ended = signal === null ? `exit code ${code}` : `signal ${signal}`;
      resolve(ended);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.on("error", () => {}); // A failed kill or send: `exited` tells the rest.
  if (child.pid === undefined) throw new Error(`${options.name} has no process id`);
  return {
    name: options.name,
    pid: child.pid,
    logFile: options.logFile,
    process: child,
    exited,
    alive: () => ended === undefined,
    async stop(steps) {
      for (const { signal, waitMs } of [...steps, KILL_STEP]) {
        if (ended !== undefined) return;
        child.kill(signal);
        await Promise.race([exited, sleep(waitMs, undefined, { ref: false })]);
      }
    },
  };
}

const KILL_STEP: StopStep = { signal: "SIGKILL", waitMs: KILL_WAIT_MS };

export type WaitOptions = {
  what: string;
  limitMs: number;
  everyMs: number;
  /** True when ready; an error counts as not ready and is named when the limit is reached. */
  check: () => Promise<boolean>;
  child?: Child;
};

/** Polls until the check holds; the error says why the last attempt failed. */
export async function waitUntilReady(options: WaitOptions): Promise<void> {
  const deadline = performance.now() + options.limitMs;
  let last: unknown;
  for (;;) {
    if (options.child && !options.child.alive()) {
      throw new Error(`${options.what} ended with ${await options.child.exited}`);
    }
    try {
      if (await options.check()) return;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const limit = `${options.limitMs / 1_000} s`;
      throw new Error(`${options.what} was not ready after ${limit}`, { cause: last });
    }
    await sleep(options.everyMs);
  }
}

/** The last lines of a log, for the sentence that names it. */
export function tailOf(logFile: string, lines = 8): string {
  if (!existsSync(logFile)) return "";
  const text = readFileSync(logFile).subarray(-TAIL_BYTES_MAX).toString("utf8");
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}

function rotate(logFile: string): void {
  if (existsSync(logFile) && statSync(logFile).size > LOG_BYTES_MAX) {
    renameSync(logFile, `${logFile}.1`);
  }
}
