// Counts requests in Redis, and refuses those that are over a quota of their route.
import { join } from "node:path";
import type { Request, Response } from "express";
import { LIMITS, type Limit, type LimitName, type Quota } from "../api/limits.ts";
import { Fault, Refusal } from "../domain/failure.ts";
import { networkOf } from "../domain/network.ts";
import type { Clock } from "../platform/clock.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import type { Metrics } from "../platform/metrics.ts";
import type { RedisClient } from "../platform/redis.ts";

const script = loadScript(join(import.meta.dirname, "limit.lua"));

export type LimitScope = "ip" | "wallet";

export interface Count {
  limit: LimitName;
  scope: LimitScope;
  /** The wallet, where it is counted. */
  caller?: string;
}

/**
 * Throws `request/rate-limited`; tells what is left of the quotas in headers of the answer. A quota
 * is counted only when those before it allow the request.
 */
export type CountRequest = (
  request: Request,
  response: Response,
  counts: readonly Count[],
) => Promise<void>;

/** A counter must not make its route slow: after this long, Redis is as good as down. */
const COUNT_TIMEOUT_MS = 1_000;
/** Until it is asked again whether it counts. */
const AWAY_MS = 1_000;
const US_PER_MS = 1_000;
const US_PER_SECOND = 1_000_000;
const MS_PER_SECOND = 1_000;

export interface LimitDeps {
  redis: RedisClient;
  clock: Clock;
  metrics: Metrics;
  /** Multiplies every quota; 0 counts nothing, for an installation behind its own gateway. */
  limitScale: number;
}

export function createLimiter({ redis, clock, metrics, limitScale }: LimitDeps): CountRequest {
  let awayUntilMs = Number.NEGATIVE_INFINITY;

  /** Undefined while Redis cannot count. */
  async function count(asked: readonly Asked[]): Promise<Counted[] | undefined> {
    if (clock.monotonicMs() < awayUntilMs) return undefined;
    try {
      return await within(COUNT_TIMEOUT_MS, countInRedis(redis, asked));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      awayUntilMs = clock.monotonicMs() + AWAY_MS;
      return undefined;
    }
  }

  return async (request, response, counts) => {
    if (limitScale === 0) return;
    const asked = counts.flatMap((each) => askedOf(request, each, limitScale) ?? []);
    if (asked.length === 0) return;
    const counted = await count(asked);
    if (counted === undefined) {
      for (const { policy } of asked) metrics.requestsUncounted.inc({ policy });
      if (asked.every(({ entry }) => entry.whenRedisIsDown === "open")) return;
      throw new Fault("server/unavailable", "Requests cannot be counted, so this one is not done.");
    }
    describe(response, asked, counted);
    const refusedAt = counted.findIndex(({ allowed }) => !allowed);
    const [refused, state] = [asked[refusedAt], counted[refusedAt]];
    if (refused === undefined || state === undefined) return;
    metrics.requestsRefused.inc({ policy: refused.policy });
    throw refusalOf(refused, state);
  };
}

/** One quota that a request is counted against. */
interface Asked {
  entry: Limit;
  scope: LimitScope;
  policy: string;
  quota: Quota;
  key: string;
}

function askedOf(request: Request, count: Count, limitScale: number): Asked | undefined {
  const { limit, scope, caller = "nobody" } = count;
  const entry: Limit = LIMITS[limit];
  const base = entry[scope];
  if (base === undefined) return undefined;
  const quota = { ...base, count: Math.max(1, Math.floor(base.count * limitScale)) };
  const policy = `${limit}-${scope}`;
  const who = scope === "ip" ? networkOf(request.ip ?? "unknown") : caller;
  return { entry, scope, policy, quota, key: `limit:{${policy}:${who}}` };
}

/** In one step; on a cluster, where the keys are on several nodes, in one for each. */
async function countInRedis(redis: RedisClient, asked: readonly Asked[]): Promise<Counted[]> {
  const steps = redis.isCluster ? asked.map((each) => [each]) : [asked];
  const counted: Counted[] = [];
  for (const step of steps) {
    const answer = await runScript<number[]>(redis, script, {
      keys: step.map(({ key }) => key),
      args: step.flatMap(({ quota }) => [quota.count, quota.windowMs * US_PER_MS]),
    });
    for (let at = 0; at < answer.length; at += TUPLE) counted.push(read(answer, at));
    if (counted.at(-1)?.allowed === false) break;
  }
  return counted;
}

/** Numbers that the script answers for each quota. */
const TUPLE = 4;

interface Counted {
  allowed: boolean;
  left: number;
  wholeInUs: number;
  waitUs: number;
}

function read(answer: readonly number[], at: number): Counted {
  const [allowed, left = 0, wholeInUs = 0, waitUs = 0] = answer.slice(at, at + TUPLE);
  return { allowed: allowed === 1, left, wholeInUs, waitUs };
}

function refusalOf({ scope, policy, quota }: Asked, { waitUs }: Counted): Refusal {
  const retryAfter = Math.max(1, Math.ceil(waitUs / US_PER_SECOND));
  return new Refusal(
    "request/rate-limited",
    `Wait ${retryAfter} s: ${quota.count} requests in ${quota.windowMs / MS_PER_SECOND} s are ` +
      (scope === "ip" ? "what one network address may send." : "what one wallet may send."),
    { policy, retryAfter },
  );
}

/** The fields of draft-ietf-httpapi-ratelimit-headers: lists, an item for each quota counted. */
function describe(response: Response, asked: readonly Asked[], counted: readonly Counted[]): void {
  for (const [at, { left, wholeInUs }] of counted.entries()) {
    const { policy, quota } = asked[at] as Asked;
    const window = quota.windowMs / MS_PER_SECOND;
    append(response, "RateLimit-Policy", `"${policy}";q=${quota.count};w=${window}`);
    append(
      response,
      "RateLimit",
      `"${policy}";r=${left};t=${Math.ceil(wholeInUs / US_PER_SECOND)}`,
    );
  }
}

/** As one line of the answer. */
function append(response: Response, name: string, item: string): void {
  const before = response.getHeader(name);
  response.setHeader(name, before === undefined ? item : `${before}, ${item}`);
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const end = () => reject(new Fault("server/unavailable", "Redis does not count in time."));
    // After a stall of our own, timers come before the answer that waits in the socket.
    timer = setTimeout(() => setImmediate(() => setImmediate(end)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
