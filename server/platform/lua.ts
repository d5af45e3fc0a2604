// Runs a .lua file in Redis as one atomic step.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { failureOf, onRedis, type RedisClient } from "./redis.ts";

export interface Script {
  path: string;
  source: string;
  sha: string;
}

export function loadScript(path: string): Script {
  const source = readFileSync(path, "utf8");
  return { path, source, sha: createHash("sha1").update(source).digest("hex") };
}

export async function runScript<T>(
  redis: RedisClient,
  { sha, source }: Script,
  { keys, args }: { keys: readonly string[]; args: readonly (string | number)[] },
): Promise<T> {
  try {
    return (await redis.evalsha(sha, keys.length, ...keys, ...args)) as T;
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("NOSCRIPT"))) throw failureOf(error);
    // A restarted or failed-over server has forgotten it; this sends it again.
    return onRedis(() => redis.eval(source, keys.length, ...keys, ...args) as Promise<T>);
  }
}
