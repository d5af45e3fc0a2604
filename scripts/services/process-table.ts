// Answers whether a process number still means the process that it meant when it was written down.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export type ProcessMark = { pid: number; startedAt: string };

const PS_TIMEOUT_MS = 5_000;
const POLL_MS = 20;
/** Index of "start time" in /proc/<pid>/stat, counted after the command name. */
const START_TIME_FIELD = 19;

/**
 * Numbers are reused, so a number alone may name a stranger; number and start time together do
 * not. Undefined when there is no such process, a finished one waiting for its parent included.
 */
export function startTimeOf(pid: number): string | undefined {
  return process.platform === "linux" ? startTimeFromProc(pid) : startTimeFromPs(pid);
}

export function markOf(pid: number): ProcessMark {
  return { pid, startedAt: startTimeOf(pid) ?? "" };
}

export function isSameProcess(mark: ProcessMark): boolean {
  return mark.startedAt !== "" && startTimeOf(mark.pid) === mark.startedAt;
}

/** The command line of a running process; empty when there is none. */
export function commandOf(pid: number): string {
  if (startTimeOf(pid) === undefined) return "";
  if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  const result = spawnSync("ps", ["-o", "command=", "-p", String(pid)], {
    encoding: "utf8",
    timeout: PS_TIMEOUT_MS,
  });
  return result.stdout ?? "";
}

/** Signals the process until it is gone; false when it outlived even SIGKILL. */
export async function endProcess(
  mark: ProcessMark,
  steps: { signal: NodeJS.Signals; waitMs: number }[],
): Promise<boolean> {
  for (const { signal, waitMs } of steps) {
    if (!isSameProcess(mark)) return true;
    sendSignal(mark.pid, signal);
    if (await waitUntilGone(mark, waitMs)) return true;
  }
  return !isSameProcess(mark);
}

export async function waitUntilGone(mark: ProcessMark, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (isSameProcess(mark)) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function startTimeFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name stands in brackets and may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${bootId}/${fields[START_TIME_FIELD]}`;
  } catch {
    return undefined;
  }
}

function startTimeFromPs(pid: number): string | undefined {
  const result = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
    encoding: "utf8",
    timeout: PS_TIMEOUT_MS,
  });
  const line = result.stdout?.trim() ?? "";
  return result.status !== 0 || line === "" || line.startsWith("Z")
    ? undefined
    : line.replace(/^\S+\s+/, "");
}
