// A folder in memory for the databases of a run, where the machine has room for them.
import { statfsSync } from "node:fs";

const MEMORY = "/dev/shm";
/** A run has a third of a gigabyte there; each of its write-ahead logs may grow to a whole. */
const ROOM_BYTES_MIN = 4 * 1024 ** 3;

/** Undefined where there is none, or too little: a container's own is often 64 MiB. */
export function memoryFolder(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    const room = Math.min(bavail * bsize, process.availableMemory());
    return room < ROOM_BYTES_MIN ? undefined : MEMORY;
  } catch {
    return undefined;
  }
}
