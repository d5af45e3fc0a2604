// Opens what an API and a worker stand on; whatever is missing is told to a person in one sentence.
import { type Chains, openChains, requireDeployments } from "./chain.ts";
import { chainChecks, databaseCheck, redisCheck } from "./checks.ts";
import { type Db, openDb } from "./db/client.ts";
import { type Env, readEnv } from "./env.ts";
import type { Check } from "./health.ts";
import type { Log } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { fail } from "./process.ts";
import { openRedis, type RedisClient, waitForRedis } from "./redis.ts";

export interface Parts {
  metrics: Metrics;
  chains: Chains;
  db: Db;
  redis: RedisClient;
  checks: Check[];
}

export async function openParts({
  env,
  name,
  log,
  connectionsMax,
  readsByIndex = false,
}: {
  env: Env;
  name: string;
  log: Log;
  connectionsMax: number;
  readsByIndex?: boolean;
}): Promise<Parts> {
  const metrics = createMetrics(name);
  const chains = openChains(env.deployments);
  await requireDeployments(chains);
  const url = env.databaseUrl;
  const open = { url, log, connectionsMax, readsByIndex };
  const db = await openDb({ ...open, role: "stagedoor_server" });
  const redis = openRedis({ url: env.redisUrl, use: "request", log });
  await waitForRedis(redis);
  const checks = [databaseCheck(db), redisCheck(redis), ...chainChecks(chains)];
  return { metrics, chains, db, redis, checks };
}

/** Reads the process' own environment, or ends it with the reason. */
export function envOrExit(): Env {
  try {
    return readEnv(process.env);
  } catch (error) {
    fail(error);
  }
}
