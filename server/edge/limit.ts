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

/** Throws `request/rate-limited`; tells what is left of the quota in headers of the answer. */
export type CountRequest = (
  request: Request,
  response: Response,
  counted: { limit: LimitName; scope: LimitScope; caller?: string },
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
  async function count(key: string, quota: Quota): Promise<Counted | undefined> {
    if (clock.monotonicMs() < awayUntilMs) return undefined;
    const args = [quota.count, quota.windowMs * US_PER_MS];
    try {
      const answer = runScript<CountedTuple>(redis, script, { keys: [key], args });
      return read(await within(COUNT_TIMEOUT_MS, answer));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      awayUntilMs = clock.monotonicMs() + AWAY_MS;
      return undefined;
    }
  }

  return async (request, response, { limit, scope, caller }) => {
    const entry: Limit = LIMITS[limit];
    const base = entry[scope];
    if (base === undefined || limitScale === 0) return;
    const quota = { ...base, count: Math.max(1, Math.floor(base.count * limitScale)) };
    const policy = `${limit}-${scope}`;
    const who = scope === "ip" ? networkOf(request.ip ?? "unknown") : (caller ?? "nobody");
    const counted = await count(`limit:{${policy}:${who}}`, quota);
    if (counted === undefined) {
      metrics.requestsUncounted.inc({ policy });
      if (entry.whenRedisIsDown === "open") return;
      throw new Fault("server/unavailable", "Requests cannot be counted, so this one is not done.");
    }
    describe(response, { policy, quota, counted });
    if (counted.allowed) return;
    metrics.requestsRefused.inc({ policy });
    const retryAfter = Math.max(1, Math.ceil(counted.waitUs / US_PER_SECOND));
    throw new Refusal(
      "request/rate-limited",
      `Wait ${retryAfter} s: ${quota.count} requests in ${quota.windowMs / MS_PER_SECOND} s are ` +
        (scope === "ip" ? "what one network address may send." : "what one wallet may send."),
      { policy, retryAfter },
    );
  };
}

type CountedTuple = [allowed: number, left: number, wholeInUs: number, waitUs: number];
interface Counted {
  allowed: boolean;
  left: number;
  wholeInUs: number;
  waitUs: number;
}

function read([allowed, left, wholeInUs, waitUs]: CountedTuple): Counted {
  return { allowed: allowed === 1, left, wholeInUs, waitUs };
}

/** The fields of draft-ietf-httpapi-ratelimit-headers: lists, an item for each quota counted. */
function describe(
  response: Response,
  { policy, quota, counted }: { policy: string; quota: Quota; counted: Counted },
): void {
  const seconds = Math.ceil(counted.wholeInUs / US_PER_SECOND);
  const window = quota.windowMs / MS_PER_SECOND;
  response.append("RateLimit-Policy", `"${policy}";q=${quota.count};w=${window}`);
  response.append("RateLimit", `"${policy}";r=${counted.left};t=${seconds}`);
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
