// Mirrors until the chain's head, asking again as the indexer's own loop does.
import { type SyncDeps, syncStep } from "#indexer/sync.ts";
import { Fault } from "#server/domain/failure.ts";
import { systemClock } from "#server/platform/clock.ts";

const MIRROR_TIMEOUT_MS = 30_000;
const FAULT_WAIT_MS = 100;

export async function catchUp(deps: SyncDeps): Promise<void> {
  const endMs = systemClock.monotonicMs() + MIRROR_TIMEOUT_MS;
  while (systemClock.monotonicMs() < endMs) {
    try {
      if (await syncStep(deps)) return;
    } catch (error) {
      // As the indexer's own loop: a chain in the middle of a reorg is asked again.
      if (!(error instanceof Fault)) throw error;
      await systemClock.sleep(FAULT_WAIT_MS);
    }
  }
  throw new Error(`the mirror did not catch up within ${MIRROR_TIMEOUT_MS} ms`);
}

const STEPS_MAX = 400;

/** Steps until it is caught up or the first one fails: what the indexer would wait for. */
export async function syncOutcome(deps: SyncDeps): Promise<unknown> {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    try {
      if (await syncStep(deps)) return "caught up";
    } catch (error) {
      return error;
    }
  }
  return "never";
}
