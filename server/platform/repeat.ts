// Work that comes round again: a sweep in the background, and a step that must not run twice at once.
import { Bug } from "../domain/failure.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/**
 * Runs until the signal; resolves once the last round is over. A bug ends the process, a fault does
 * not.
 */
export async function repeat(
  name: string,
  everyMs: number,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
  round: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await round();
    } catch (err) {
      if (err instanceof Bug) throw err;
      log.warn({ err, sweep: name }, "a sweep failed; it comes again");
    }
    await clock.sleep(everyMs, signal);
  }
}

/** Calls while a round runs are answered by one more round after it, however many there were. */
export function serialise(round: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = round().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}
