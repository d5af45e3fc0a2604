// The indexer process: mirrors each deployment's chain into Postgres, from logs and headers alone.
import type { Chain } from "#server/platform/chain.ts";
import { openChains, requireDeployments } from "#server/platform/chain.ts";
import { chainChecks, databaseCheck } from "#server/platform/checks.ts";
import { systemClock } from "#server/platform/clock.ts";
import { openDb } from "#server/platform/db/client.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import { serveHealth } from "#server/platform/health.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { envOrExit } from "#server/platform/parts.ts";
import { runProcess } from "#server/platform/process.ts";
import { repeat } from "#server/platform/repeat.ts";
import { type SyncDeps, syncStep } from "./sync.ts";

const CONNECTIONS_MAX = 4;
const LOCAL_POLL_MS = 200;
const POLL_MS = 1_000;

const env = envOrExit();
const log = createLog({ name: "indexer", level: env.logLevel });

await runProcess({
  log,
  start: async (stopping) => {
    const metrics = createMetrics("indexer");
    const chains = openChains(env.deployments);
    await requireDeployments(chains);
    const db = await openDb({
      url: env.databaseUrl,
      role: "stagedoor_indexer",
      log,
      connectionsMax: CONNECTIONS_MAX,
    });
    const loops = [...chains.values()].map((chain) =>
      follow({ db, chain, log, metrics }, stopping),
    );
    const checks = [databaseCheck(db), ...chainChecks(chains)];
    const health = await serveHealth({
      ...{ host: env.host, port: env.indexerHealthPort, checks, metrics },
      signal: stopping,
    });
    return {
      ready: { deployments: env.deployments.length },
      stop: [
        { name: "loops", run: () => Promise.all(loops).then(() => undefined) },
        { name: "health", run: () => void health?.close() },
        { name: "postgres", run: () => db.close() },
      ],
    };
  },
});

function follow(deps: SyncDeps, stopping: AbortSignal): Promise<void> {
  const everyMs = pollMs(deps.chain);
  return repeat("mirror", everyMs, { clock: systemClock, log, signal: stopping }, async () => {
    while (!stopping.aborted && !(await syncStep(deps)));
  });
}

function pollMs({ deployment }: Chain): number {
  return deployment.chainId === LOCAL_CHAIN_ID ? LOCAL_POLL_MS : POLL_MS;
}
