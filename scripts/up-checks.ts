// Finds out, before anything starts, whether this machine and the configured services will do.
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { Client } from "pg";
import { pino } from "pino";
import { deploymentProblem, openChains } from "#server/platform/chain.ts";
import type { Deployment } from "#server/platform/env.ts";
import { closeRedis, openRedis } from "#server/platform/redis.ts";
import { reasonOf, Stop } from "./stop.ts";
import { withoutSecret } from "./without-secret.ts";

/** A new database, a day of logs and the chain's state fit several times over. */
export const DISK_MIN_BYTES = 1024 ** 3;
const REACH_TIMEOUT_MS = 5_000;

type DiskReader = (path: string) => Promise<{ bavail: number; bsize: number }>;

export async function requireDiskSpace(home: string, read: DiskReader = statfs): Promise<void> {
  let folder = home;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = await read(folder);
  const free = bavail * bsize;
  if (free >= DISK_MIN_BYTES) return;
  const mebibytes = Math.floor(free / 1024 ** 2);
  throw new Stop(
    `Stagedoor needs 1024 MiB of free disk and ${folder} has ${mebibytes} MiB.`,
    "Free some space, or choose a folder on another disk: ./stagedoor up --home DIR.",
  );
}

export async function requireDatabase(url: string): Promise<void> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: REACH_TIMEOUT_MS,
    query_timeout: REACH_TIMEOUT_MS,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
  } catch (error) {
    throw new Stop(
      `The Postgres in DATABASE_URL (${withoutSecret(url)}) cannot be used: ${reasonOf(error)}.`,
      "Start it or correct DATABASE_URL; without that variable Stagedoor brings its own.",
      { cause: error },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

export async function requireRedis(url: string): Promise<void> {
  const client = openRedis({ url, use: "request", log: pino({ enabled: false }) });
  let problem: unknown = new Error(`no answer within ${REACH_TIMEOUT_MS / 1_000} s`);
  client.on("error", (error: Error) => {
    problem = error;
  });
  try {
    await becomesReady(client);
  } catch {
    throw new Stop(
      `The Redis in REDIS_URL (${withoutSecret(url)}) cannot be used: ${reasonOf(problem)}.`,
      "Start it or correct REDIS_URL; without that variable Stagedoor brings its own.",
      { cause: problem },
    );
  } finally {
    closeRedis(client);
  }
}

/** A refused connection is final here; the product itself would go on trying. */
function becomesReady(client: ReturnType<typeof openRedis>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, REACH_TIMEOUT_MS);
    const settle = (how: () => void) => () => {
      clearTimeout(timer);
      how();
    };
    client.once("ready", settle(resolve));
    client.once("error", settle(reject));
  });
}

export async function requireDeployments(deployments: readonly Deployment[]): Promise<void> {
  for (const chain of openChains(deployments).values()) {
    const { id, rpcUrl } = chain.deployment;
    let problem: string | undefined;
    try {
      problem = await deploymentProblem(chain);
    } catch (error) {
      throw new Stop(
        `The RPC of deployment ${id} (${withoutSecret(rpcUrl)}) does not answer.`,
        "Start the node or correct rpcUrl in DEPLOYMENTS.",
        { cause: error },
      );
    }
    if (problem !== undefined) throw new Stop(problem, "");
  }
}
