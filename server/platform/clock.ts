// The one reader of time: everything else is handed a clock.
import { setTimeout as wait } from "node:timers/promises";

export interface Clock {
  now(): Date;
  /** For durations: never jumps when the wall clock is set. */
  monotonicMs(): number;
  /** Resolves early, without an error, when the signal ends the wait. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await wait(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  },
};

export function unixSeconds(clock: Clock): number {
  return Math.floor(clock.now().getTime() / 1000);
}
