// Keeps the embedded chain on disk, whole at every moment.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { homePaths } from "./home.ts";
import { rpcCall } from "./json-rpc.ts";

/** 5,000 blocks take 70 ms to save; a chain a hundred times as long still fits. */
const DUMP_TIMEOUT_MS = 10_000;
const unzip = promisify(gunzip);

export function chainStatePath(home: string): string {
  return join(homePaths(home).chain, "state.json");
}

/**
 * Anvil's own `--state` truncates the file and writes it again, so a kill at the wrong moment
 * leaves an empty file that it then refuses to load. Asking for the state and renaming a synced
 * draft over the old file has no such moment.
 */
export async function saveChainState(home: string, url: string): Promise<void> {
  const dump = await rpcCall({ url, method: "anvil_dumpState", timeoutMs: DUMP_TIMEOUT_MS });
  if (typeof dump !== "string") throw new Error("anvil_dumpState answered no state");
  const state = await unzip(Buffer.from(dump.slice(2), "hex"));
  mkdirSync(homePaths(home).chain, { recursive: true });
  const path = chainStatePath(home);
  const draft = `${path}.tmp`;
  const fd = openSync(draft, "w", 0o600);
  try {
    writeSync(fd, state);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, path);
}

/** The file to load, or undefined for a new chain; one that cannot be read is put aside. */
export function findChainState(home: string, log: (text: string) => void): string | undefined {
  const path = chainStatePath(home);
  rmSync(`${path}.tmp`, { force: true });
  if (!existsSync(path)) return undefined;
  try {
    JSON.parse(readFileSync(path, "utf8"));
    return path;
  } catch {
    renameSync(path, `${path}.broken`);
    log(`The saved chain could not be read and was moved to ${path}.broken; a new one starts.`);
    return undefined;
  }
}

/** Saving may take a tenth of the time at most, so that a long chain does not save all day. */
const SAVE_PAUSE_FACTOR = 10;
const SAVE_PAUSE_MIN_MS = 1_000;

/** Saves soon after each request, one save at a time, with a pause between two. */
export function createChainSaver(options: {
  home: string;
  url: string;
  log: (text: string) => void;
}) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let closed = false;
  let notBefore = 0;

  async function save(): Promise<void> {
    timer = undefined;
    const startedAt = performance.now();
    try {
      await saveChainState(options.home, options.url);
    } catch (error) {
      options.log(`The chain could not be saved: ${(error as Error).message}`);
    }
    const tookMs = performance.now() - startedAt;
    notBefore = performance.now() + Math.max(SAVE_PAUSE_MIN_MS, tookMs * SAVE_PAUSE_FACTOR);
  }

  return {
    request(): void {
      if (closed || timer !== undefined) return;
      timer = setTimeout(
        () => {
          running = running.then(save);
        },
        Math.max(0, notBefore - performance.now()),
      );
      timer.unref();
    },
    /** Waits for a save under way and makes the last one when the chain still answers. */
    async close(saveOnceMore: boolean): Promise<void> {
      closed = true;
      clearTimeout(timer);
      await running;
      if (saveOnceMore) await save();
    },
  };
}
