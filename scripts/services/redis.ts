// Starts the embedded Redis: the system's own server on a port, in a folder and with rules of ours.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stop } from "../stop.ts";
import { type Child, type Service, startChild, tailOf, waitUntilReady } from "./child.ts";
import { homePaths, readSecrets } from "./home.ts";
import { findFreePort, LOOPBACK } from "./ports.ts";
import { findRedisServer } from "./redis-install.ts";
import { pingRedis } from "./redis-ping.ts";

export type RedisOptions = {
  home: string;
  port?: number | undefined;
  log: (text: string) => void;
  onSpawn?: ((child: { name: string; pid: number; command: string }) => void) | undefined;
};

/** After a crash Redis reads its whole log before it answers. */
const READY_LIMIT_MS = 30_000;
const READY_POLL_MS = 20;
const PING_TIMEOUT_MS = 2_000;
const STOP_LIMIT_MS = 4_000;
const STARTS_MAX = 3;

export async function startRedis(options: RedisOptions): Promise<Service> {
  const command = await findRedisServer(options.log);
  const { redis, logs } = homePaths(options.home);
  mkdirSync(redis, { recursive: true, mode: 0o700 });
  const { redisPassword: password } = readSecrets(options.home);
  const logFile = join(logs, "redis.log");
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort(attempt === 1 ? options.port : undefined);
    const url = `redis://:${password}@${LOOPBACK}:${port}/0`;
    // A file and not arguments: everybody on the machine can read the arguments of a process.
    const config = join(redis, "redis.conf");
    writeFileSync(config, configuration({ port, folder: redis, password }), { mode: 0o600 });
    const child = await startChild({ name: "redis", command, args: [config], logFile, cwd: redis });
    options.onSpawn?.({ name: "redis", pid: child.pid, command });
    try {
      await waitUntilReady({
        what: "The embedded Redis",
        limitMs: READY_LIMIT_MS,
        everyMs: READY_POLL_MS,
        check: () => pingRedis(url, PING_TIMEOUT_MS),
        child,
      });
      return serviceOf({ child, url, port });
    } catch (error) {
      await child.stop([]);
      if (tailOf(logFile).includes("Address already in use") && attempt < STARTS_MAX) continue;
      throw new Stop(
        `${(error as Error).message}; its log ${logFile} ends with: ${tailOf(logFile, 3)}`,
        "If the data is damaged, ./stagedoor up --reset starts from nothing.",
        { cause: error },
      );
    }
  }
}

function serviceOf({ child, url, port }: { child: Child; url: string; port: number }): Service {
  return {
    name: "redis",
    url,
    port,
    pid: child.pid,
    logFile: child.logFile,
    exited: child.exited,
    stop: (limitMs = STOP_LIMIT_MS) => child.stop([{ signal: "SIGTERM", waitMs: limitMs }]),
  };
}

/** A queue must never lose an entry to make room, and a killed machine loses one second at most. */
function configuration(given: { port: number; folder: string; password: string }): string {
  return [
    `port ${given.port}`,
    `bind ${LOOPBACK}`,
    "protected-mode yes",
    `requirepass ${given.password}`,
    `dir ${JSON.stringify(given.folder)}`,
    "appendonly yes",
    "appendfsync everysec",
    'save ""',
    "maxmemory-policy noeviction",
    "daemonize no",
    "",
  ].join("\n");
}
