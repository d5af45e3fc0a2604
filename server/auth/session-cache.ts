// What Redis remembers of sessions for some seconds; a session that was ended is remembered as that.
import type { Caller } from "../api/handler.ts";
import type { Clock } from "../platform/clock.ts";
import type { RedisClient } from "../platform/redis.ts";

export interface LiveSession extends Caller {
  /** RFC 3339: the whole time is over. */
  expiresAt: string;
  /** RFC 3339: over as well, if nothing comes from the device until then. */
  idleEndsAt: string;
}

/** When a look-up began, as the memory that its answer is for has it. */
export interface LookUpStart {
  monotonicMs: number;
  /** Other after each time in which ends were not heard. */
  hearing: number;
}

/** What one process remembers by itself. */
export interface SessionMemory {
  /** Undefined: ask Redis. What has ended by itself at `nowMs` is not recalled. */
  recall(tokenHash: string, nowMs: number): LiveSession | undefined;
  /** It was told that this session has ended: whoever found it live looked before that. */
  isOver(tokenHash: string): boolean;
  begin(): LookUpStart;
  /** Not what was looked up too long ago, or while ends were not heard. */
  remember(tokenHash: string, session: LiveSession, start: LookUpStart): void;
  forget(tokenHashes: readonly string[]): void;
}

/** Short, because it is also how long an end may go unseen in the worst case: see `announce`. */
const CACHE_TTL_MS = 10_000;
/** Longer than a look-up may take until its answer is remembered, so that no late one counts. */
export const ENDED_TTL_MS = 60_000;
const ENDED = "ended";
/** Where the ends of sessions are told to the processes, as hashes with spaces between them. */
export const ENDS_CHANNEL = "session:ends";
const RETRY_MS = 500;

interface CacheDeps {
  redis: RedisClient;
  clock: Clock;
  /** Of a process that answers requests. */
  sessionMemory?: SessionMemory;
}

/** In their order. The cache is a convenience: while Redis is away the rows answer. */
export async function recallAll(
  { redis }: Pick<CacheDeps, "redis">,
  tokenHashes: readonly string[],
): Promise<(LiveSession | typeof ENDED | undefined)[]> {
  const keys = tokenHashes.map(keyOf);
  const texts = redis.isCluster
    ? // The nodes of a cluster have some each.
      await Promise.all(keys.map((key) => redis.get(key).catch(() => null)))
    : await redis.mget(keys).catch(() => []);
  return tokenHashes.map((_, at) => parse(texts[at] ?? null));
}

/** What is not ours to read is as good as nothing: the row answers. */
function parse(text: string | null): LiveSession | typeof ENDED | undefined {
  if (text === null) return undefined;
  if (text === ENDED) return ENDED;
  try {
    return JSON.parse(text) as LiveSession;
  } catch {
    return undefined;
  }
}

export async function remember(
  { redis }: CacheDeps,
  tokenHash: string,
  session: LiveSession,
): Promise<void> {
  const text = JSON.stringify(session);
  // NX: an end that was announced since the row was read must stay.
  await redis.set(keyOf(tokenHash), text, "PX", CACHE_TTL_MS, "NX").catch(() => undefined);
}

/** Tells every process that these sessions are over, once their rows say so. */
export async function announceEnd(deps: CacheDeps, tokenHashes: readonly string[]): Promise<void> {
  deps.sessionMemory?.forget(tokenHashes);
  if (await markEnded(deps, tokenHashes)) return;
  // Nobody can recall anything from a Redis that is away, but what it remembers may come back with
  // it, for what is left of its time.
  void keepTrying(deps, tokenHashes);
}

async function keepTrying(deps: CacheDeps, tokenHashes: readonly string[]): Promise<void> {
  const { redis, clock } = deps;
  const endMs = clock.monotonicMs() + CACHE_TTL_MS;
  while (clock.monotonicMs() < endMs && redis.status !== "end") {
    await clock.sleep(RETRY_MS);
    if (await markEnded(deps, tokenHashes)) return;
  }
}

async function markEnded({ redis }: CacheDeps, tokenHashes: readonly string[]): Promise<boolean> {
  const marks = tokenHashes.map((tokenHash) =>
    redis.set(keyOf(tokenHash), ENDED, "PX", ENDED_TTL_MS),
  );
  // After the marks: who hears of the end and looks again finds it.
  const word = redis.publish(ENDS_CHANNEL, tokenHashes.join(" "));
  const outcomes = await Promise.allSettled([...marks, word]);
  return outcomes.every(({ status }) => status === "fulfilled");
}

function keyOf(tokenHash: string): string {
  return `session:${tokenHash}`;
}
