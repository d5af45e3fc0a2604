// Finds and ends the processes that a suite left behind, known by the folder it had for its files.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export type Leftover = { pid: number; command: string };

const PS_TIMEOUT_MS = 5_000;
const POLL_MS = 50;
/** The kernel ends a killed process soon, not at once. */
const KILL_WAIT_MS = 2_000;

/**
 * The folder is TMPDIR to everything the suite starts, so its path is in the environment of each
 * process, even of one that has left its parent, or among its arguments.
 */
export function processesOf(folder: string): Leftover[] {
  const all = process.platform === "linux" ? fromProc(folder) : fromPs(folder);
  return all.filter(({ pid }) => pid !== process.pid);
}

/** Answers who is still there after the wait. */
export async function waitForEnd(folder: string, limitMs: number): Promise<Leftover[]> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const left = processesOf(folder);
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(POLL_MS);
  }
}

/** Ends whatever is known by the folder and waits until it is gone. */
export async function endProcessesOf(folder: string): Promise<void> {
  for (const { pid } of processesOf(folder)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
  await waitForEnd(folder, KILL_WAIT_MS);
}

function fromProc(folder: string): Leftover[] {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return numbers.flatMap((number) => {
    const command = read(`/proc/${number}/cmdline`).replaceAll("\0", " ").trim();
    const isOurs = command.includes(folder) || read(`/proc/${number}/environ`).includes(folder);
    return isOurs ? [{ pid: Number(number), command }] : [];
  });
}

/** Empty for a process that has ended meanwhile or belongs to somebody else. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function fromPs(folder: string): Leftover[] {
  // On macOS E appends the environment to the command.
  const options = process.platform === "darwin" ? "-axwwE" : "-axww";
  const { stdout } = spawnSync("ps", [options, "-o", "pid=,command="], {
    encoding: "utf8",
    timeout: PS_TIMEOUT_MS,
  });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, command = ""] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    return pid !== undefined && command.includes(folder) ? [{ pid: Number(pid), command }] : [];
  });
}
