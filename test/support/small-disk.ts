// A folder moved to a disk of a few megabytes, which can be made larger: a tmpfs, where mounting is permitted.
import { execFileSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk {
  /** So many bytes more than are in use now, and no more. */
  leave(bytes: number): void;
  /** What is free now. */
  left(): number;
  /** Everything on it is gone with it. */
  remove(): void;
}

const COMMAND_LIMIT_MS = 10_000;
const LARGE_BYTES = 1024 * 1024 * 1024;

/** undefined where a disk can be mounted; else the reason why not. */
export function whyNoDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "stagedoor-disk-"));
  try {
    run("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder]);
    run("umount", [folder]);
    return undefined;
  } catch (error) {
    return `no disk of a few megabytes can be mounted here: ${(error as Error).message}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is in the folder is moved with it; whoever uses it is to have stopped. */
export function moveToSmallDisk(folder: string): SmallDisk {
  const { uid, gid } = statSync(folder);
  const before = `${folder}.before`;
  renameSync(folder, before);
  mkdirSync(folder, { mode: 0o700 });
  run("mount", ["-t", "tmpfs", "-o", `size=${LARGE_BYTES},mode=700`, "none", folder]);
  cpSync(before, folder, { recursive: true, preserveTimestamps: true });
  giveTo(folder, { uid, gid });
  rmSync(before, { recursive: true });
  const resize = (bytes: number) => run("mount", ["-o", `remount,size=${bytes}`, folder]);
  return {
    leave: (bytes) => {
      const { blocks, bfree, bsize } = statfsSync(folder);
      resize((blocks - bfree) * bsize + bytes);
    },
    left: () => {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    },
    remove: () => run("umount", ["--lazy", folder]),
  };
}

function giveTo(folder: string, { uid, gid }: { uid: number; gid: number }): void {
  chownSync(folder, uid, gid);
  for (const each of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, each.name);
    if (each.isDirectory()) giveTo(path, { uid, gid });
    else chownSync(path, uid, gid);
  }
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"], timeout: COMMAND_LIMIT_MS });
}
