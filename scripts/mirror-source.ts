// Finds the database and the deployments that a command about the mirror works on.
import { existsSync, readFileSync } from "node:fs";
import { type Chain, openChains, requireDeployments } from "#server/platform/chain.ts";
import type { Deployment, Env } from "#server/platform/env.ts";
import { homePaths } from "./services/home.ts";
import { Stop } from "./stop.ts";
import { loadEnvironment, makePlan, processEnvironment, readVariables } from "./up-environment.ts";

/** Nothing here asks Redis anything. */
const NO_REDIS = "redis://127.0.0.1";

export interface MirrorSource {
  databaseUrl: string;
  chains: Chain[];
}

/** The instance that runs with this home, else what the environment and .env name. */
export async function findMirror(home: string): Promise<MirrorSource> {
  const { databaseUrl, deployments } = readInstance(home) ?? readConfigured();
  const chains = openChains(deployments);
  try {
    await requireDeployments(chains);
  } catch (error) {
    throw new Stop((error as Error).message, "", { cause: error });
  }
  return { databaseUrl, chains: [...chains.values()] };
}

/** Of the same instance; what only reads its rows needs no chain. */
export function findInstallation(home: string): { databaseUrl: string; env: Env } {
  const { databaseUrl, deployments } = readInstance(home) ?? readConfigured();
  const plan = makePlan(loadEnvironment(), undefined);
  // What pays is configured by the environment alone, also of an instance that runs.
  const facts = { databaseUrl, deployments, redisUrl: plan.redisUrl ?? NO_REDIS };
  return { databaseUrl, env: readVariables(processEnvironment(plan, facts)) };
}

interface Named {
  databaseUrl: string;
  deployments: readonly Deployment[];
}

function readInstance(home: string): Named | undefined {
  const { instance } = homePaths(home);
  if (!existsSync(instance)) return undefined;
  return JSON.parse(readFileSync(instance, "utf8")) as Named;
}

function readConfigured(): Named {
  const { databaseUrl, deployments } = makePlan(loadEnvironment(), undefined);
  if (databaseUrl === undefined || deployments === undefined) {
    throw new Stop(
      "No instance is running here, and DATABASE_URL and DEPLOYMENTS do not name another.",
      "Start one with ./stagedoor up, or set both (see .env.example).",
    );
  }
  return { databaseUrl, deployments };
}
