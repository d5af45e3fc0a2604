// The indexer process: mirrors each deployment's chain into Postgres, from logs and headers alone.
import { openChains, requireDeployments } from "#server/platform/chain.ts";
import { chainChecks, databaseCheck } from "#server/platform/checks.ts";
import { openDb } from "#server/platform/db/client.ts";
import { serveHealth } from "#server/platform/health.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { envOrExit } from "#server/platform/parts.ts";
import { runProcess } from "#server/platform/process.ts";
import { watchDrift } from "./drift.ts";
import { endOldWriter } from "./end-old-writer.ts";
import { follow } from "./follow.ts";
import { lead } from "./lead.ts";
import { leadOf } from "./lead-holder.ts";
import { createPortion } from "./portion.ts";

const CONNECTIONS_MAX = 4;

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
    const loops = [...chains.values()].map((chain) => {
      // Longer than a lead: whoever lost it by too large a portion knows the next time.
      const portion = createPortion();
      return lead(
        { db, log, metrics, name: leadOf(chain.deployment.id), stopping },
        async (leading) => {
          await endOldWriter({ db, log, deployment: chain.deployment.id });
          await Promise.all([
            follow({ db, chain, log, metrics, portion }, leading),
            watchDrift({ db, chain, log, metrics }, leading),
          ]);
        },
      );
    });
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
