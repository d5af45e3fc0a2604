// Remembers which processes a run started, so that the next one can end what a crash left behind.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Stop } from "../stop.ts";
import { saveChainState } from "./chain-state.ts";
import { homePaths, writePrivate } from "./home.ts";
import {
  endProcess,
  isSameProcess,
  markOf,
  type ProcessMark,
  waitUntilGone,
} from "./process-table.ts";

type RecordedChild = ProcessMark & { name: string; command: string; url?: string };

type RunRecord = {
  supervisor: ProcessMark;
  /** Where the instance answers; empty until it is ready. */
  url: string;
  stopping: boolean;
  children: RecordedChild[];
};

export type Run = {
  add(child: { name: string; pid: number; command: string; url?: string }): void;
  setUrl(url: string): void;
  setStopping(): void;
  close(): void;
};

/** An instance that is stopping has 15 s for it; the rest is room for a slow machine. */
const STOPPING_WAIT_MS = 20_000;
/** How long a stray may take to write its data before it is killed. */
const STRAY_WAIT_MS = 10_000;
const KILL_WAIT_MS = 2_000;

/** Postgres ends at once on SIGINT and waits for its clients on SIGTERM; the others know both. */
const STRAY_STEPS = (name: string) => [
  { signal: name === "postgres" ? "SIGINT" : "SIGTERM", waitMs: STRAY_WAIT_MS } as const,
  { signal: "SIGKILL", waitMs: KILL_WAIT_MS } as const,
];

export function readRun(home: string): RunRecord | undefined {
  const { run } = homePaths(home);
  if (!existsSync(run)) return undefined;
  try {
    return JSON.parse(readFileSync(run, "utf8")) as RunRecord;
  } catch {
    return undefined; // Half a file names no process that could be trusted.
  }
}

export function isRunning(record: RunRecord | undefined): record is RunRecord {
  return record !== undefined && isSameProcess(record.supervisor);
}

/** Refuses when an instance of this home is alive; waits for one that is on its way out. */
export async function requireNotRunning(home: string): Promise<void> {
  const record = readRun(home);
  if (!isRunning(record)) return;
  if (record.stopping && (await waitUntilGone(record.supervisor, STOPPING_WAIT_MS))) return;
  const where = record.url === "" ? "" : ` at ${record.url}`;
  throw new Stop(
    `Stagedoor is already running${where} (process ${record.supervisor.pid}).`,
    "Stop it with ./stagedoor down, or give this one its own --home and --port.",
  );
}

/** Ends what the last run left behind and answers the names. */
export async function endStrays(home: string): Promise<string[]> {
  // It says where an instance answers, and none does any more.
  rmSync(homePaths(home).instance, { force: true });
  const record = readRun(home);
  if (record === undefined) return [];
  const strays = record.children.filter(isSameProcess);
  for (const stray of strays.toReversed()) {
    if (stray.name === "chain" && stray.url !== undefined) {
      // Nothing mines any more, so this is the whole chain; a failure leaves the last save.
      await saveChainState(home, stray.url).catch(() => undefined);
    }
    await endProcess(stray, STRAY_STEPS(stray.name));
  }
  rmSync(homePaths(home).run, { force: true });
  return strays.map((stray) => stray.name);
}

/** Of two that start at the same moment, the file system lets one create the record. */
function createRecord(path: string, record: RunRecord): void {
  try {
    writeFileSync(path, JSON.stringify(record), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Stop(
      "Another ./stagedoor is starting with the same data at this moment.",
      "Wait for it, or give this one its own --home and --port.",
    );
  }
}

/** Kills what this run has recorded, at once and without waiting. */
export function killRecorded(home: string): void {
  const strays = readRun(home)?.children.filter(isSameProcess) ?? [];
  for (const { pid } of strays) process.kill(pid, "SIGKILL");
}

/** Opens the record of this run; call it after `requireNotRunning` and `endStrays`. */
export function openRun(home: string): Run {
  const record: RunRecord = {
    supervisor: markOf(process.pid),
    url: "",
    stopping: false,
    children: [],
  };
  let closed = false;
  const save = () => {
    if (!closed) writePrivate(homePaths(home).run, record);
  };
  createRecord(homePaths(home).run, record);
  return {
    add(child) {
      // A restarted process takes the place of the one that died.
      record.children = record.children.filter(({ name }) => name !== child.name);
      record.children.push({ ...child, ...markOf(child.pid) });
      save();
    },
    setUrl(url) {
      record.url = url;
      save();
    },
    setStopping() {
      record.stopping = true;
      save();
    },
    close() {
      closed = true;
      rmSync(homePaths(home).run, { force: true });
    },
  };
}
