// Says why an event's mints wait; what lasts for hours, as fees above the cap, once and not in every sweep.
import type { Log } from "../platform/log.ts";
import { TooDear } from "../platform/tx/fee-cap.ts";

export interface WaitLog {
  say(eventId: string, err: unknown, words: string): void;
  /** Whoever is not among those that wait any more goes on. */
  sayWhoGoesOn(waiting: ReadonlyMap<string, unknown>): void;
}

export function createWaitLog(log: Log): WaitLog {
  const said = new Set<string>();
  return {
    say: (eventId, err, words) => {
      const again = err instanceof TooDear && said.has(eventId);
      if (err instanceof TooDear) said.add(eventId);
      log[again ? "debug" : "warn"]({ err, eventId }, words);
    },
    sayWhoGoesOn: (waiting) => {
      for (const eventId of said) {
        if (waiting.has(eventId)) continue;
        said.delete(eventId);
        log.info({ eventId }, "minting goes on");
      }
    },
  };
}
