// Asks the contracts for a few rows of the mirror again and again, and raises the alarm when they differ.
import type { Chain } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import type { Db } from "#server/platform/db/client.ts";
import type { Log } from "#server/platform/log.ts";
import type { Metrics } from "#server/platform/metrics.ts";
import { repeat } from "#server/platform/repeat.ts";
import { verifyMirror } from "./verify.ts";

/** Of each table: some two hundred questions a minute, which is nothing to a node. */
const SAMPLE_ROWS = 20;
const SAMPLE_EVERY_MS = 60_000;

export interface DriftDeps {
  db: Db;
  chain: Chain;
  log: Log;
  metrics: Metrics;
}

export function watchDrift(deps: DriftDeps, stopping: AbortSignal): Promise<void> {
  const { log } = deps;
  return repeat("drift", SAMPLE_EVERY_MS, { clock: systemClock, log, signal: stopping }, () =>
    sampleDrift(deps),
  );
}

export async function sampleDrift({ db, chain, log, metrics }: DriftDeps): Promise<void> {
  const verdict = await verifyMirror({ db, chain, sample: SAMPLE_ROWS });
  if (verdict === undefined) return;
  const { differences, blockNumber } = verdict;
  const { id: deployment } = chain.deployment;
  metrics.mirrorDrift.set({ deployment: String(deployment) }, differences.length);
  if (differences.length === 0) return;
  const [first] = differences;
  log.error(
    { deployment, blockNumber, differences: differences.length, first: { ...first } },
    "the mirror differs from the chain",
  );
}
