// Who listens to facts in this process: not too many, none for ever silent, and none left behind at its end.
import type { Listener } from "../../api/handler.ts";
import { Fault, Refusal } from "../../domain/failure.ts";
import type { Clock } from "../../platform/clock.ts";
import { BEAT_FRAME, BEAT_MS, HELLO_FRAME } from "../../platform/event-frames.ts";
import type { Metrics } from "../../platform/metrics.ts";
import { turnOver } from "../../platform/turn.ts";

export interface FactRoom {
  /** Throws where there is none. */
  require(network: string): void;
  /** Answers how to leave, which is said once however often it is called. */
  enter(network: string, listener: Listener): () => void;
}

/** In one process; each holds a socket and what it has not read yet, 64 KiB at most. */
const LISTENERS_MAX = 2_000;
/** A box office, its page and its books; a venue may share one address. */
export const LISTENERS_PER_NETWORK_MAX = 20;
const RETRY_AFTER_SECONDS = 15;
/** A write is ten microseconds or so. */
const BEATS_PER_TURN = 100;

export function createFactRoom(deps: {
  clock: Clock;
  metrics: Metrics;
  stopping: AbortSignal;
}): FactRoom {
  const { clock, metrics, stopping } = deps;
  const open = new Set<{ network: string; listener: Listener }>();
  let isBeating = false;

  async function beat(): Promise<void> {
    while (open.size > 0 && !stopping.aborted) {
      await clock.sleep(BEAT_MS, stopping);
      let beats = 0;
      for (const { listener } of open) {
        listener.send(BEAT_FRAME);
        beats += 1;
        if (beats % BEATS_PER_TURN === 0) await turnOver();
      }
    }
    isBeating = false;
  }

  stopping.addEventListener("abort", () => {
    // They come back with the last id, to a process that goes on.
    for (const { listener } of [...open]) listener.end(HELLO_FRAME);
  });

  return {
    require: (network) => {
      if (open.size >= LISTENERS_MAX || stopping.aborted) throw tooMany();
      const own = [...open].filter((each) => each.network === network).length;
      if (own >= LISTENERS_PER_NETWORK_MAX) throw tooManyOfOne();
    },
    enter: (network, listener) => {
      const entry = { network, listener };
      open.add(entry);
      metrics.factListeners.set(open.size);
      if (!isBeating) {
        isBeating = true;
        void beat();
      }
      return () => {
        if (open.delete(entry)) metrics.factListeners.set(open.size);
      };
    },
  };
}

function tooMany(): Fault {
  const data = { retryAfter: RETRY_AFTER_SECONDS };
  return new Fault("server/unavailable", "Too many listen here; look things up instead.", { data });
}

function tooManyOfOne(): Refusal {
  return new Refusal(
    "request/rate-limited",
    `${LISTENERS_PER_NETWORK_MAX} connections are what one network address may listen with.`,
    { policy: "fact-listeners", retryAfter: RETRY_AFTER_SECONDS },
  );
}
