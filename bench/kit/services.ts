// Postgres, Redis and a chain of a bench's own, in a folder that is gone with it.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchTools } from "#scripts/bench-result.ts";
import {
  type Services,
  type ServicesOptions,
  startServices,
} from "#scripts/services/start-services.ts";

const ALL = { postgres: true, redis: true, chain: true };

interface Started {
  home: string;
  services: Services;
  /** By which what opens houses for tests opens them here as well. */
  env: Record<string, string>;
}

export async function withServices<T>(
  { progress, signal }: BenchTools,
  options: Partial<Pick<ServicesOptions, "want" | "blockTimeMs">>,
  work: (started: Started) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), "stagedoor-bench-"));
  // The postgres user of a run by root must be able to pass through.
  chmodSync(home, 0o755);
  try {
    const services = await startServices({ home, want: ALL, ...options, progress, signal });
    try {
      return await work({ home, services, env: variablesOf(services) });
    } finally {
      await services.stop();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function variablesOf(services: Services): Record<string, string> {
  return {
    TEST_DATABASE_URL: services.databaseUrl,
    TEST_REDIS_URL: services.redisUrl,
    TEST_RPC_URL: services.rpcUrl,
    TEST_BLOCK_LOCK: services.blockLock,
    TEST_LOG_LEVEL: "info",
  };
}
