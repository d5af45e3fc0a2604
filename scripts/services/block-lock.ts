// One hand at a time on the embedded chain's blocks: anvil loses one for good when its past is changed while it mines.
import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "#server/platform/clock.ts";

/** Whoever holds it for longer has died with it: a block or a rewind takes milliseconds. */
const STALE_AFTER_MS = 15_000;
const WAIT_LIMIT_MS = 20_000;
const POLL_MS = 5;

/** A folder is the lock, since its holders are different processes: the miner and the tests. */
export async function withBlockLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const endsAt = performance.now() + WAIT_LIMIT_MS;
  while (!taken(path)) {
    if (performance.now() > endsAt) throw new Error(`${path} was held for ${WAIT_LIMIT_MS} ms`);
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    removeLock(path);
  }
}

function taken(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (ageMs(path) > STALE_AFTER_MS) removeLock(path);
    return false;
  }
}

function ageMs(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 0 : systemClock.now().getTime() - found.mtimeMs;
}

function removeLock(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    // Somebody else was faster with a lock that both found stale.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
