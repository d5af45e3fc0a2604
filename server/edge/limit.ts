// Counts requests in Redis, and refuses those that are over a quota of their route.
import type { Request, Response } from "express";
import { LIMITS, type Limit, type LimitName, type Quota } from "../api/limits.ts";
import { Fault, Refusal } from "../domain/failure.ts";
import { networkOf } from "../domain/network.ts";
import type { Clock } from "../platform/clock.ts";
import type { Metrics } from "../platform/metrics.ts";
import type { RedisClient } from "../platform/redis.ts";
import {
  type Asked,
  type Counted,
  createCounter,
  type Terms,
  termsOf,
  US_PER_MS,
} from "./count.ts";
import { addToList } from "./head.ts";

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

/** Until Redis is asked again whether it counts. */
const AWAY_MS = 1_000;
const US_PER_SECOND = 1_000_000;
const MS_PER_SECOND = 1_000;

export interface LimitDeps {
  redis: RedisClient;
  clock: Clock;
  metrics: Metrics;
  /** Multiplies every quota; 0 counts nothing, for an installation behind its own gateway. */
  limitScale: number;
}

/** A quota as every request that it counts needs it. */
interface Policy {
  name: string;
  entry: Limit;
  scope: LimitScope;
  quota: Quota;
  terms: Terms;
  /** As the draft of RateLimit-Policy writes it. */
  item: string;
}

export function createLimiter({ redis, clock, metrics, limitScale }: LimitDeps): CountRequest {
  if (limitScale === 0) return async () => undefined;
  const policies = policiesOf(limitScale);
  const countInRedis = createCounter(redis);
  let awayUntilMs = Number.NEGATIVE_INFINITY;

  /** Undefined while Redis cannot count. */
  async function count(asked: readonly Asked[]): Promise<readonly Counted[] | undefined> {
    if (clock.monotonicMs() < awayUntilMs) return undefined;
    try {
      return await countInRedis(asked);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      awayUntilMs = clock.monotonicMs() + AWAY_MS;
      return undefined;
    }
  }

  return async (request, response, counts) => {
    const asked: Asked[] = [];
    const counting: Policy[] = [];
    for (const { limit, scope, caller = "nobody" } of counts) {
      const policy = policies[limit][scope];
      if (policy === undefined) continue;
      const who = scope === "ip" ? networkOf(addressOf(request)) : caller;
      counting.push(policy);
      asked.push({ key: `limit:{${policy.name}:${who}}`, terms: policy.terms });
    }
    if (asked.length === 0) return;
    const counted = await count(asked);
    if (counted === undefined) {
      for (const { name } of counting) metrics.requestsUncounted.inc({ policy: name });
      if (counting.every(({ entry }) => entry.whenRedisIsDown === "open")) return;
      throw new Fault("server/unavailable", "Requests cannot be counted, so this one is not done.");
    }
    describe(response, counting, counted);
    const refusedAt = counted.findIndex(({ isAllowed }) => !isAllowed);
    const [refused, state] = [counting[refusedAt], counted[refusedAt]];
    if (refused === undefined || state === undefined) return;
    metrics.requestsRefused.inc({ policy: refused.name });
    throw refusalOf(refused, state);
  };
}

/** Express looks through a list of proxies even where none has said a word. */
export function addressOf(request: Request): string {
  const isProxied = request.headers["x-forwarded-for"] !== undefined;
  return (isProxied ? request.ip : request.socket.remoteAddress) ?? "unknown";
}

type Policies = Record<LimitName, Record<LimitScope, Policy | undefined>>;

function policiesOf(limitScale: number): Policies {
  const policyOf = (limit: string, entry: Limit, scope: LimitScope): Policy | undefined => {
    const base = entry[scope];
    if (base === undefined) return undefined;
    const quota = { ...base, count: Math.max(1, Math.floor(base.count * limitScale)) };
    const name = `${limit}-${scope}`;
    const item = `"${name}";q=${quota.count};w=${quota.windowMs / MS_PER_SECOND}`;
    return { name, entry, scope, quota, item, terms: termsOf(quota) };
  };
  const all = Object.entries(LIMITS).map(([limit, entry]) => [
    limit,
    { ip: policyOf(limit, entry, "ip"), wallet: policyOf(limit, entry, "wallet") },
  ]);
  return Object.fromEntries(all) as Policies;
}

function refusalOf({ scope, name, quota }: Policy, { wholeInUs }: Counted): Refusal {
  const windowUs = quota.windowMs * US_PER_MS;
  const waitUs = wholeInUs + Math.floor(windowUs / quota.count) - windowUs;
  const retryAfter = Math.max(1, Math.ceil(waitUs / US_PER_SECOND));
  return new Refusal(
    "request/rate-limited",
    `Wait ${retryAfter} s: ${quota.count} requests in ${quota.windowMs / MS_PER_SECOND} s are ` +
      (scope === "ip" ? "what one network address may send." : "what one wallet may send."),
    { policy: name, retryAfter },
  );
}

/** The fields of draft-ietf-httpapi-ratelimit-headers: lists, an item for each quota counted. */
function describe(
  response: Response,
  policies: readonly Policy[],
  counted: readonly Counted[],
): void {
  for (const [at, { left, wholeInUs }] of counted.entries()) {
    const { name, item } = policies[at] as Policy;
    addToList(response, "RateLimit-Policy", item);
    addToList(
      response,
      "RateLimit",
      `"${name}";r=${left};t=${Math.ceil(wholeInUs / US_PER_SECOND)}`,
    );
  }
}
