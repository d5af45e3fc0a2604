// A folder in memory for the databases of a run, where the machine has room for them.
import { statfsSync } from "node:fs";

const MEMORY = "/dev/shm";
/** Three lanes' write-ahead logs are up to a gigabyte each, and their databases half of one. */
const ROOM_BYTES_MIN = 8 * 1024 ** 3;

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
