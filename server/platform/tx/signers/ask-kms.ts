// Asks a key service with a limit for each try and for their number, and makes its silence a fault.
import { Fault } from "../../../domain/failure.ts";
import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";

/** Why one try brought nothing; passing when the next one may. */
export class KmsFailure extends Error {
  override readonly name = "KmsFailure";
  readonly passing: boolean;

  constructor(message: string, options: { passing: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.passing = options.passing;
  }
}

/** Runs a call until it answers; what it throws must be a KmsFailure, or it goes through. */
export type AskKms = <T>(what: string, call: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** A service in another region signs in a tenth of it. */
const TRY_LIMIT_MS = 2_000;
/**
 * Before the second and the third try. All together is half of what Postgres allows a transaction
 * to idle: the signature is asked for inside one.
 */
const WAITS_MS = [100, 400];

export function createAskKms(deps: { clock: Clock; log: Log }, key: string): AskKms {
  return async (what, call) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await withinLimit(call);
      } catch (error) {
        if (!(error instanceof KmsFailure)) throw error;
        const waitMs = error.passing ? WAITS_MS[tries - 1] : undefined;
        deps.log.warn({ err: error, key, tries }, `a key service gave no ${what}`);
        if (waitMs === undefined) {
          throw new Fault("server/unavailable", `The key service gave no ${what}.`, {
            cause: error,
          });
        }
        await deps.clock.sleep(waitMs);
      }
    }
  };
}

/** Raced as well as signalled: what looks for credentials takes no signal. */
function withinLimit<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(TRY_LIMIT_MS);
  const late = new Promise<never>((_, reject) => {
    const message = `no answer within ${TRY_LIMIT_MS} ms`;
    const onAbort = () => reject(new KmsFailure(message, { passing: true }));
    signal.addEventListener("abort", onAbort, { once: true });
  });
  return Promise.race([call(signal), late]);
}
