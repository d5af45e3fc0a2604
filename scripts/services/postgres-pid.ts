// Clears away the lock file of a dead Postgres where Postgres itself would not dare to.
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandOf, endProcess, markOf } from "./process-table.ts";

const STOP_STEPS = [
  { signal: "SIGINT", waitMs: 10_000 },
  { signal: "SIGQUIT", waitMs: 2_000 },
] as const;
/** A session notices within a moment that its server is dead. */
const SESSIONS_LIMIT_MS = 5_000;
const POLL_MS = 50;

/**
 * Postgres recovers from the file of a dead server by itself, and checks for orphaned sessions
 * while doing so. It refuses to start when the number in the file still exists: as a server that
 * nobody recorded, as a dead one that nobody has collected (a container without an init process
 * collects none), or as another program that got the number later.
 */
export async function clearPidFile(data: string): Promise<void> {
  const pidFile = join(data, "postmaster.pid");
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !exists(pid)) return;
  if (commandOf(pid).includes(data)) {
    await endProcess(markOf(pid), [...STOP_STEPS]);
  } else {
    const deadline = performance.now() + SESSIONS_LIMIT_MS;
    while (hasSessions(data) && performance.now() < deadline) await sleep(POLL_MS);
    // With a session still alive Postgres' own check, and its refusal, are the right answer.
    if (!hasSessions(data)) rmSync(pidFile, { force: true });
  }
}

/** True for a dead process that was not collected as well, as for Postgres. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Every process of a server works in its data folder. */
function hasSessions(data: string): boolean {
  if (process.platform !== "linux") return false;
  return readdirSync("/proc").some((name) => /^\d+$/.test(name) && folderOf(name) === data);
}

function folderOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // Another user's, or gone.
  }
}
