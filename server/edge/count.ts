// Counts against quotas in Redis, all requests of one turn of the event loop in one step.
import { join } from "node:path";
import type { Quota } from "../api/limits.ts";
import { loadScript, runScript } from "../platform/lua.ts";
import type { RedisClient } from "../platform/redis.ts";
import { atEndOfTurn } from "../platform/turn.ts";
import { within } from "../platform/within.ts";

const script = loadScript(join(import.meta.dirname, "limit.lua"));

/** One quota that a request is counted against. */
export interface Asked {
  key: string;
  terms: Terms;
}

/** A quota as the script takes it, of a request's first count and of any other. */
export type Terms = readonly [first: string, other: string];

export interface Counted {
  isAllowed: boolean;
  left: number;
  /** Until all of the quota is there again. */
  wholeInUs: number;
}

/** Answers up to the first quota that refuses. */
export type CountInRedis = (asked: readonly Asked[]) => Promise<readonly Counted[]>;

/** A counter must not make its route slow: after this long, Redis is as good as down. */
const COUNT_TIMEOUT_MS = 1_000;
/** Few, so that Redis counts these while more are read here. */
const REQUESTS_PER_STEP_MAX = 16;
export const US_PER_MS = 1_000;
/** Numbers that the script answers for each quota. */
const TUPLE = 2;

export function termsOf({ count, windowMs }: Quota): Terms {
  const text = `${count} ${windowMs * US_PER_MS}`;
  return [`${text} 1`, `${text} 0`];
}

/** On a cluster the keys are on several nodes: each quota is a step there. */
export function createCounter(redis: RedisClient): CountInRedis {
  return redis.isCluster ? (asked) => countApart(redis, asked) : gatherCounts(redis);
}

async function countApart(redis: RedisClient, asked: readonly Asked[]): Promise<Counted[]> {
  const counted: Counted[] = [];
  for (const each of asked) {
    const answer = await count(redis, [[each]]);
    counted.push(...read(answer, 0, 1));
    if (counted.at(-1)?.isAllowed !== true) break;
  }
  return counted;
}

interface Waiting {
  asked: readonly Asked[];
  resolve: (counted: Counted[]) => void;
  reject: (error: unknown) => void;
}

/** A busy process reads many requests in one turn; a lone one waits for nothing but its end. */
function gatherCounts(redis: RedisClient): CountInRedis {
  let waiting: Waiting[] = [];
  const send = () => {
    const batch = waiting;
    waiting = [];
    if (batch.length > 0) void countTogether(redis, batch);
  };
  return (asked) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) atEndOfTurn(send);
      waiting.push({ asked, resolve, reject });
      if (waiting.length === REQUESTS_PER_STEP_MAX) send();
    });
}

async function countTogether(redis: RedisClient, batch: readonly Waiting[]): Promise<void> {
  try {
    const requests = batch.map(({ asked }) => asked);
    const answer = await count(redis, requests);
    let at = 0;
    for (const { asked, resolve } of batch) {
      resolve(read(answer, at, asked.length));
      at += asked.length * TUPLE;
    }
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}

function count(redis: RedisClient, requests: readonly (readonly Asked[])[]): Promise<number[]> {
  const keys: string[] = [];
  const args: string[] = [];
  for (const asked of requests) {
    for (let at = 0; at < asked.length; at += 1) {
      const { key, terms } = asked[at] as Asked;
      keys.push(key);
      args.push(at === 0 ? terms[0] : terms[1]);
    }
  }
  const counted = runScript<number[]>(redis, script, { keys, args });
  return within(COUNT_TIMEOUT_MS, "Redis does not count in time.", counted);
}

function read(answer: readonly number[], from: number, quotas: number): Counted[] {
  const counted: Counted[] = [];
  for (let at = from; at < from + quotas * TUPLE; at += TUPLE) {
    const left = answer[at] ?? 0;
    counted.push({ isAllowed: left >= 0, left: Math.max(left, 0), wholeInUs: answer[at + 1] ?? 0 });
    if (left < 0) break;
  }
  return counted;
}
