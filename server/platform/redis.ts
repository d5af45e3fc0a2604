// One door to Redis, be it a single server, Sentinel or Cluster.
import { Cluster, Redis } from "ioredis";
import { Fault } from "../domain/failure.ts";
import type { Log } from "./log.ts";
import { endSilentConnections } from "./redis-silence.ts";
import { gatherWrites } from "./redis-writes.ts";

export type RedisClient = Redis | Cluster;

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 2_000;
/** A worker's connection blocks for ten seconds at most; silent for longer, its host is gone. */
const BLOCKED_LIMIT_MS = 30_000;
const RECONNECT_DELAY_MAX_MS = 2_000;
const RECONNECT_STEP_MS = 100;

/** A request wants a quick no while Redis is away; a queue wants to wait until it is back. */
export type RedisUse = "request" | "queue";

export function openRedis({
  url,
  use,
  log,
}: {
  url: string;
  use: RedisUse;
  log: Log;
}): RedisClient {
  const client = create(url, use);
  if (use === "request") {
    gatherWrites(client);
    endSilentConnections(client);
  }
  let reported = false;
  client.on("error", (err: Error) => {
    // Once per outage: ioredis tries again for as long as the process lives.
    if (!reported) log.warn({ err }, "redis is away");
    reported = true;
  });
  client.on("ready", () => {
    if (reported) log.info("redis is back");
    reported = false;
  });
  return client;
}

function create(url: string, use: RedisUse): RedisClient {
  const options = optionsFor(use);
  const [scheme = ""] = url.split("://");
  if (!scheme.includes("+")) return new Redis(url, options);
  const { nodes, name, password } = parseNodes(url);
  const access = {
    ...(password === undefined ? {} : { password }),
    ...(scheme.startsWith("rediss") ? { tls: {} } : {}),
  };
  if (scheme.endsWith("+sentinel")) {
    return new Redis({ ...options, ...access, sentinels: nodes, name });
  }
  return new Cluster(nodes, {
    redisOptions: { ...options, ...access },
    enableOfflineQueue: use === "queue",
    // Managed clusters answer with names that only resolve from inside, certificates with others.
    dnsLookup: (address, callback) => callback(null, address),
  });
}

function optionsFor(use: RedisUse) {
  return {
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (times: number) => Math.min(times * RECONNECT_STEP_MS, RECONNECT_DELAY_MAX_MS),
    ...(use === "request"
      ? { commandTimeout: COMMAND_TIMEOUT_MS, maxRetriesPerRequest: 1, enableOfflineQueue: false }
      : // BullMQ's workers block on Redis and refuse any other value.
        { maxRetriesPerRequest: null, socketTimeout: BLOCKED_LIMIT_MS }),
  };
}

/** redis+cluster://host:port,host:port or redis+sentinel://:password@host:port,host:port/name */
export function parseNodes(url: string): {
  nodes: { host: string; port: number }[];
  name: string;
  password: string | undefined;
} {
  const match = /^rediss?\+\w+:\/\/(?::([^@]*)@)?([^/]+)(?:\/(.*))?$/.exec(url);
  const nodes = (match?.[2] ?? "").split(",").map((node) => {
    const [host = "", port = "6379"] = node.split(":");
    return { host, port: Number(port) };
  });
  const password = match?.[1];
  return {
    nodes,
    name: match?.[3] || "mymaster",
    password: password === undefined ? undefined : decodeURIComponent(password),
  };
}

const AWAY =
  /ECONNREFUSED|ECONNRESET|ETIMEDOUT|Command timed out|Connection is closed|Stream isn't writeable|max retries per request|LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|All sentinels|Failed to refresh slots|ENOTFOUND|EPIPE/;

/** It answers, and cannot do its work: memory full, disk full, password or rights changed, busy. */
const UNABLE = /\b(OOM|MISCONF|NOAUTH|WRONGPASS|NOPERM|NOREPLICAS|TRYAGAIN|BUSY|UNKILLABLE)\b/;

/** Runs one step against Redis; its absence is a fault of somebody else, never a bug of ours. */
export async function onRedis<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    throw failureOf(cause);
  }
}

/** What an error of the client means. */
export function failureOf(cause: unknown): unknown {
  if (cause instanceof Error && AWAY.test(`${cause.name} ${cause.message}`)) {
    return new Fault("server/unavailable", "Redis does not answer.", { cause });
  }
  if (cause instanceof Error && UNABLE.test(cause.message)) {
    return new Fault("server/unavailable", "Redis cannot do its work.", { cause });
  }
  return cause;
}

/** A connection of its own to the same place: one that listens takes no other commands. */
export function openListener(client: RedisClient): RedisClient {
  const listener = client instanceof Cluster ? client.duplicate() : client.duplicate();
  endSilentConnections(listener);
  return listener;
}

/** Resolves once the client can be used, or fails within the limit. */
export async function waitForRedis(
  client: RedisClient,
  limitMs = CONNECT_TIMEOUT_MS,
): Promise<void> {
  if (client.status === "ready") return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      client.off("ready", done);
      reject(new Fault("server/unavailable", "Redis at REDIS_URL does not answer: check it."));
    }, limitMs);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    client.once("ready", done);
  });
}

/** Ends the connection within a moment even when the server is gone. */
export function closeRedis(client: RedisClient): void {
  client.disconnect();
}
