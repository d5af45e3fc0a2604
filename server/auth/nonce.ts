// A sign-in's nonce, bound to the browser that asked for it and used up by the first try.
import type { Clock } from "../platform/clock.ts";
import { randomNonce, randomToken } from "../platform/random.ts";
import { onRedis, type RedisClient } from "../platform/redis.ts";

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
  await onRedis(() => redis.set(keyOf(made.browserToken), made.nonce, "PX", NONCE_TTL_MS));
  return made;
}

/**
 * The nonce given to this browser, which can then not be used again, whatever comes of this try.
 */
export async function consumeNonce(
  { redis }: { redis: RedisClient },
  browserToken: string,
): Promise<string | null> {
  return onRedis(() => redis.getdel(keyOf(browserToken)));
}

function keyOf(browserToken: string): string {
  return `signin:${browserToken}`;
}
