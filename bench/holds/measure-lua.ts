// Our script for holds beside the least that one can be, by redis-benchmark on a Redis of its own.
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import type { Metric } from "#scripts/bench-result.ts";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { findFreePort } from "#scripts/services/ports.ts";
import { Stop } from "#scripts/stop.ts";
import { medianOf } from "../kit/rounds.ts";

const run = promisify(execFile);

const ROUNDS = 5;
const CLIENTS = 50;
const CALLS = 120_000;
const KEYS = 20_000;
const CALLS_LIMIT_MS = 120_000;
/** Held for a moment, so that nearly every hold is granted. */
const LEASE_MS = "1";
const RANDOM = "__rand_int__";
/** As long as an id of ours is, and another one each time. */
const HOLD_ID = `hld_${RANDOM}${"4m0k".repeat(3)}4m`;
const FOUR = ["", "a", "b", "c"].map((prefix) => `${prefix}${RANDOM}`);

interface Contender {
  file: string;
  keys: string[];
  args: string[];
  prepare: (redis: Redis) => Promise<unknown>;
}

const OURS: Contender = {
  file: "server/hold/hold.lua",
  keys: ["seats:{e}", `owned:{e}:${RANDOM}`, "areas:{e}", "seatlog:{e}"],
  args: [HOLD_ID, LEASE_MS, "8", "-", "100000", "4", "-", ...FOUR],
  prepare: (redis) => redis.hset("seats:{e}", "#loaded", "1"),
};

const PLAIN: Contender = {
  file: "bench/holds/plain-hold.lua",
  keys: FOUR,
  args: ["somebody", LEASE_MS],
  prepare: async () => undefined,
};

export async function measureLua(signal: AbortSignal): Promise<Metric[]> {
  const port = await findFreePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const server = spawn("redis-server", args, { stdio: "ignore" });
  const redis = new Redis({ port, host: "127.0.0.1" });
  redis.on("error", () => undefined);
  try {
    const ours: number[] = [];
    const plain: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await callsPerSecond(redis, OURS, { port, signal }));
      plain.push(await callsPerSecond(redis, PLAIN, { port, signal }));
    }
    const value = medianOf(ours, Number);
    const baseline = medianOf(plain, Number);
    return [{ metric: "lua_hold_vs_plain_lua", value, unit: "calls/s", baseline }];
  } finally {
    redis.disconnect();
    server.kill("SIGKILL");
  }
}

async function callsPerSecond(
  redis: Redis,
  { file, keys, args, prepare }: Contender,
  { port, signal }: { port: number; signal: AbortSignal },
): Promise<number> {
  await redis.flushall();
  await prepare(redis);
  const source = readFileSync(join(repositoryRoot, file), "utf8");
  const sha = (await redis.script("LOAD", source)) as string;
  const command = ["EVALSHA", sha, String(keys.length), ...keys, ...args];
  const options = ["-p", port, "-c", CLIENTS, "-n", CALLS, "-r", KEYS, "--csv"].map(String);
  const { stdout } = await run("redis-benchmark", [...options, ...command], {
    timeout: CALLS_LIMIT_MS,
    signal,
  }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT") throw cause;
    throw new Stop("There is no redis-benchmark here.", "It comes with redis-tools.", { cause });
  });
  const perSecond = Number(/","?([\d.]+)"/.exec(stdout.trim().split("\n").at(-1) ?? "")?.[1]);
  if (!(perSecond > 0)) throw new Error(`redis-benchmark said: ${stdout}`);
  return perSecond;
}
