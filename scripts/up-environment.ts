// Decides, from the environment and .env, which services are embedded and what the processes get.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import { DRAIN_MS_QUICK } from "#server/platform/drain.ts";
import { type Deployment, readEnv } from "#server/platform/env.ts";
import { ANVIL_ROLES, anvilAccount } from "./services/anvil-keys.ts";
import { repositoryRoot } from "./services/packages.ts";
import { Stop } from "./stop.ts";

type Source = Record<string, string | undefined>;

/** What the person configured; undefined where the embedded service is used. */
export type Plan = {
  source: Source;
  port: number;
  /** Ports of the processes that must be free, by the variable that sets each. */
  ports: Record<string, number>;
  production: boolean;
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  deployments: readonly Deployment[] | undefined;
};

/** What the started or configured services turned out to be. */
export type Facts = {
  databaseUrl: string;
  redisUrl: string;
  deployments: readonly Deployment[];
};

/** A name in .env never overrides the same name in the environment. */
export function loadEnvironment(): Source {
  const file = join(repositoryRoot, ".env");
  if (existsSync(file)) process.loadEnvFile(file);
  return process.env;
}

/** Stand-ins that let the one reader of the environment judge all else before anything starts. */
const NOT_YET: Facts = {
  databaseUrl: "postgresql://not-yet@127.0.0.1/not-yet",
  redisUrl: "redis://127.0.0.1",
  deployments: [
    {
      id: 1,
      chainId: LOCAL_CHAIN_ID,
      rpcUrl: "http://127.0.0.1",
      tickets: "0x0000000000000000000000000000000000000000",
      startBlock: 0,
    },
  ],
};

export function makePlan(source: Source, port: number | undefined): Plan {
  const given = (name: string) => source[name] || undefined;
  const plan: Plan = {
    source: port === undefined ? source : { ...source, PORT: String(port) },
    port: 0,
    ports: {},
    production: given("NODE_ENV") === "production",
    databaseUrl: given("DATABASE_URL"),
    redisUrl: given("REDIS_URL"),
    deployments: undefined,
  };
  if (plan.production && given("DEPLOYMENTS") === undefined) {
    throw new Stop(
      "NODE_ENV=production does not use the embedded chain, whose keys everybody knows.",
      "Set DEPLOYMENTS to your own chain and contract (see .env.example).",
    );
  }
  const env = readVariables(processEnvironment(plan, NOT_YET));
  if (env.port === 0) throw new Stop("PORT is 0.", "Give it a number from 1 to 65535.");
  plan.port = env.port;
  plan.ports = {
    PORT: env.port,
    WORKER_HEALTH_PORT: env.workerHealthPort,
    INDEXER_HEALTH_PORT: env.indexerHealthPort,
  };
  if (given("DEPLOYMENTS") !== undefined) plan.deployments = env.deployments;
  return plan;
}

/** The variables of the three processes: what was configured, else what development needs. */
export function processEnvironment(plan: Plan, facts: Facts): Source {
  const { source } = plan;
  const given = (name: string) => source[name] || undefined;
  const port = given("PORT") ?? "4280";
  const always: Source = {
    HOST: given("HOST") ?? "127.0.0.1",
    PORT: port,
    DATABASE_URL: plan.databaseUrl ?? facts.databaseUrl,
    REDIS_URL: plan.redisUrl ?? facts.redisUrl,
    DEPLOYMENTS: given("DEPLOYMENTS") ?? JSON.stringify(facts.deployments),
    // No balancer stands before it, and it does not wait as long as an orchestrator does.
    GRACE_MS: given("GRACE_MS") ?? "0",
    DRAIN_MS: given("DRAIN_MS") ?? String(DRAIN_MS_QUICK),
    LOG_LEVEL: given("LOG_LEVEL") ?? "info",
    WORKER_HEALTH_PORT: given("WORKER_HEALTH_PORT") ?? "0",
    INDEXER_HEALTH_PORT: given("INDEXER_HEALTH_PORT") ?? "0",
  };
  if (plan.production) return { ...source, ...always };
  const development: Source = {
    NODE_ENV: given("NODE_ENV") ?? "development",
    PUBLIC_URL: given("PUBLIC_URL") ?? `http://localhost:${port}`,
  };
  // Test keys and the provider that asks no bank exist on the local chain only (D12).
  const local = given("DEPLOYMENTS") === undefined || isLocal(given("DEPLOYMENTS"));
  const testParts: Source = local
    ? {
        MINTER_KEY: given("MINTER_KEY") ?? anvilAccount(ANVIL_ROLES.minter).privateKey,
        ORGANISER_KEY: given("ORGANISER_KEY") ?? anvilAccount(ANVIL_ROLES.organiser).privateKey,
        REFUNDER_KEY: given("REFUNDER_KEY") ?? anvilAccount(ANVIL_ROLES.refunder).privateKey,
        GATE_KEY: given("GATE_KEY") ?? anvilAccount(ANVIL_ROLES.gate).privateKey,
        PAYOUT_KEY: given("PAYOUT_KEY") ?? anvilAccount(ANVIL_ROLES.payout).privateKey,
        VOUCHER_KEY: given("VOUCHER_KEY") ?? anvilAccount(ANVIL_ROLES.voucher).privateKey,
        PAYMENT_PROVIDER: given("PAYMENT_PROVIDER") ?? "development",
        WALLET: given("WALLET") ?? "development",
        STAGEDOOR_OPERATORS:
          given("STAGEDOOR_OPERATORS") ?? anvilAccount(ANVIL_ROLES.admin).address,
      }
    : {};
  return { ...source, ...always, ...development, ...testParts };
}

export function readVariables(source: Source) {
  try {
    return readEnv(source);
  } catch (error) {
    throw new Stop((error as Error).message, "", { cause: error });
  }
}

function isLocal(deployments: string | undefined): boolean {
  try {
    const list = JSON.parse(deployments ?? "[]") as { chainId?: unknown }[];
    return list.every(({ chainId }) => chainId === LOCAL_CHAIN_ID);
  } catch {
    return false; // The reader of the environment says what is wrong with it.
  }
}
