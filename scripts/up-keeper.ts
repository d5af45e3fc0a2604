// Keeps one part of a running instance alive: starts it again when it dies, up to a limit.
import { setTimeout as sleep } from "node:timers/promises";
import { tailOf } from "./services/child.ts";
import { Stop, sentenceOf } from "./stop.ts";

/** Something that runs now and will tell when it no longer does. */
export type Part = {
  pid: number;
  logFile: string;
  exited: Promise<string>;
  stop(limitMs: number): Promise<void>;
};

export type Keeper = { stop(limitMs: number): Promise<void> };

export type KeeperOptions = {
  name: string;
  first: Part;
  startAgain: () => Promise<Part>;
  note: (text: string) => void;
  /** Called once, when the part has died too often. */
  giveUp: (error: Stop) => void;
  backoffMs?: number;
};

const RESTARTS_MAX = 5;
const RESTARTS_WINDOW_MS = 60_000;
/** Doubles with each restart in the window: 0.5 s to 8 s. */
const BACKOFF_MS = 500;

export function keepAlive(options: KeeperOptions): Keeper {
  const { name, note } = options;
  const stopping = new AbortController();
  let part = options.first;
  const restarts: number[] = [];

  async function watch(): Promise<void> {
    for (;;) {
      const how = await part.exited;
      if (stopping.signal.aborted) return;
      const started = await startAgain(how);
      if (!started) return;
    }
  }

  /** False when the part is given up or no longer wanted. */
  async function startAgain(how: string): Promise<boolean> {
    let reason = how;
    while (!stopping.signal.aborted) {
      const now = performance.now();
      while (restarts[0] !== undefined && now - restarts[0] > RESTARTS_WINDOW_MS) restarts.shift();
      if (restarts.length >= RESTARTS_MAX) {
        options.giveUp(tooOften(name, part.logFile));
        return false;
      }
      note(`${name} ended on its own (${reason}); starting it again.`);
      const delayMs = (options.backoffMs ?? BACKOFF_MS) * 2 ** restarts.length;
      restarts.push(now);
      await sleep(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return false;
      try {
        part = await options.startAgain();
        return true;
      } catch (error) {
        reason = sentenceOf(error);
      }
    }
    return false;
  }

  const watching = watch();
  return {
    async stop(limitMs) {
      stopping.abort();
      await part.stop(limitMs);
      await Promise.race([watching, sleep(limitMs, undefined, { ref: false })]);
      // A restart that was under way when the stop began has put a new part in place.
      await part.stop(limitMs);
    },
  };
}

function tooOften(name: string, logFile: string): Stop {
  return new Stop(
    `${name} ended ${RESTARTS_MAX + 1} times within ${RESTARTS_WINDOW_MS / 1_000} s, so everything was stopped.`,
    `Its log ${logFile} ends with:\n${tailOf(logFile)}`,
  );
}
