// The API process: opens what it needs, proves that it is the right thing, listens, ends in order.
import { createApp } from "./app.ts";
import { createDevelopmentProvider } from "./pay/development-provider.ts";
import { openChains, requireDeployments } from "./platform/chain.ts";
import { chainChecks, databaseCheck, redisCheck } from "./platform/checks.ts";
import { systemClock } from "./platform/clock.ts";
import { openDb } from "./platform/db/client.ts";
import { readEnv } from "./platform/env.ts";
import { closeHttp, listen } from "./platform/http.ts";
import { createLog } from "./platform/log.ts";
import { createMetrics } from "./platform/metrics.ts";
import { fail, runProcess } from "./platform/process.ts";
import { openRedis, waitForRedis } from "./platform/redis.ts";
import { openMintQueue } from "./queue/mint-queue.ts";

const CONNECTIONS_MAX = 20;

const env = readEnvOrFail();
const log = createLog({ name: "api", level: env.logLevel });

await runProcess({
  log,
  start: async (stopping) => {
    const metrics = createMetrics("api");
    const chains = openChains(env.deployments);
    await requireDeployments(chains);
    const db = await openDb({
      url: env.databaseUrl,
      role: "stagedoor_server",
      log,
      connectionsMax: CONNECTIONS_MAX,
    });
    const redis = openRedis({ url: env.redisUrl, use: "request", log });
    await waitForRedis(redis);
    const queue = openMintQueue({ redisUrl: env.redisUrl, log });
    const provider =
      env.paymentProvider === "development" ? createDevelopmentProvider(env) : undefined;
    const checks = [databaseCheck(db), redisCheck(redis), ...chainChecks(chains)];
    const app = createApp({
      ...{ db, redis, chains, queue, provider, log, metrics, checks, stopping, env },
      clock: systemClock,
    });
    const server = await listen(app, { host: env.host, port: env.port });
    return {
      ready: { url: env.publicUrl.origin },
      stop: [
        { name: "http", run: () => closeHttp(server) },
        { name: "queue", run: () => queue.close() },
        { name: "redis", run: () => redis.disconnect() },
        { name: "postgres", run: () => db.close() },
      ],
    };
  },
});

function readEnvOrFail() {
  try {
    return readEnv(process.env);
  } catch (error) {
    fail(error);
  }
}
