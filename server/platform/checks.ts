// How each dependency is asked whether it is well.
import { type Chains, deploymentProblem } from "./chain.ts";
import type { Db } from "./db/client.ts";
import type { Check } from "./health.ts";
import type { RedisClient } from "./redis.ts";

export function databaseCheck(db: Db): Check {
  return {
    name: "postgres",
    run: async () => {
      await db.query({ text: "SELECT 1" });
      return "answers";
    },
  };
}

export function redisCheck(redis: RedisClient): Check {
  return {
    name: "redis",
    run: async () => {
      await redis.ping();
      const policy = await evictionPolicy(redis);
      // An evicting Redis would drop holds and jobs in silence;
      // managed ones may forbid the question.
      if (policy !== undefined && policy !== "noeviction") throw new Error(`evicts (${policy})`);
      return policy ?? "answers, settings not readable";
    },
  };
}

async function evictionPolicy(redis: RedisClient): Promise<string | undefined> {
  try {
    const answer = (await redis.call("CONFIG", "GET", "maxmemory-policy")) as string[];
    return answer[1];
  } catch {
    return undefined;
  }
}

export function chainChecks(chains: Chains): Check[] {
  return [...chains.values()].map((chain) => ({
    name: `chain-${chain.deployment.id}`,
    run: async () => {
      const problem = await deploymentProblem(chain);
      if (problem !== undefined) throw new Error(problem);
      return `block ${await chain.client.getBlockNumber()}`;
    },
  }));
}
