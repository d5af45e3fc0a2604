// A sign-in's nonce, bound to the browser that asked for it and used up by the first try.
import type { Clock } from "../platform/clock.ts";
import { randomNonce, randomToken } from "../platform/random.ts";
import { failureOf, onRedis, type RedisClient } from "../platform/redis.ts";

export interface SignInNonce {
  /**
   * Kept in the pre-login cookie: without it another site could sign a visitor into its own
   * account.
   */
  browserToken: string;
  nonce: string;
  issuedAt: Date;
  expiresAt: Date;
}

export const NONCE_TTL_MS = 5 * 60_000;

export async function createNonce({
  redis,
  clock,
}: {
  redis: RedisClient;
  clock: Clock;
}): Promise<SignInNonce> {
  const issuedAt = clock.now();
  const made = {
    browserToken: randomToken(),
    nonce: randomNonce(),
    issuedAt,
    expiresAt: new Date(issuedAt.getTime() + NONCE_TTL_MS),
  };
  await onRedis(() => redis.set(keyOf(made.browserToken), textOf(made), "PX", NONCE_TTL_MS));
  return made;
}

export interface OpenSignIn {
  nonce: string;
  /** By the clock that gave the nonce: that of this process may be minutes away from it. */
  nowMs: number;
}

/**
 * The sign-in begun in this browser, which cannot be ended a second time, whatever comes of this
 * try.
 */
export async function consumeNonce(
  { redis }: { redis: RedisClient },
  browserToken: string,
): Promise<OpenSignIn | null> {
  const key = keyOf(browserToken);
  const answers = await onRedis(() => redis.multi().pttl(key).getdel(key).exec());
  const [left, given] = (answers ?? []).map(([error, answer]) => {
    if (error !== null) throw failureOf(error);
    return answer;
  });
  if (typeof given !== "string") return null;
  const [nonce = "", issuedMs] = given.split(" ");
  return { nonce, nowMs: Number(issuedMs) + NONCE_TTL_MS - Number(left) };
}

function textOf({ nonce, issuedAt }: SignInNonce): string {
  return `${nonce} ${issuedAt.getTime()}`;
}

function keyOf(browserToken: string): string {
  return `signin:${browserToken}`;
}
