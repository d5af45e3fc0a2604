// The challenge that a passkey signs: given to one browser for one purpose, used up by the first try.
import { randomToken } from "../platform/random.ts";
import { onRedis, type RedisClient } from "../platform/redis.ts";

export const CHALLENGE_TTL_MS = 5 * 60_000;

/** Whose it is: a browser that is not signed in yet, by its cookie, or a session that is. */
export type ChallengeOf = { browserToken: string } | { sessionId: string };

export interface Challenge {
  /** Base64url of 32 random bytes. */
  challenge: string;
  /** The account that a new passkey will name; empty where a known one signs in. */
  userHandle: string;
}

/** A new one takes the place of the one before. */
export async function createChallenge(
  { redis }: { redis: RedisClient },
  of: ChallengeOf,
  userHandle = "",
): Promise<Challenge> {
  const made: Challenge = { challenge: randomToken(), userHandle };
  await onRedis(() => redis.set(keyOf(of), JSON.stringify(made), "PX", CHALLENGE_TTL_MS));
  return made;
}

/** What this browser was given, which can then not be used again, whatever comes of this try. */
export async function consumeChallenge(
  { redis }: { redis: RedisClient },
  of: ChallengeOf,
): Promise<Challenge | undefined> {
  const text = await onRedis(() => redis.getdel(keyOf(of)));
  return text === null ? undefined : (JSON.parse(text) as Challenge);
}

function keyOf(of: ChallengeOf): string {
  return "sessionId" in of ? `passkey-new:${of.sessionId}` : `passkey-signin:${of.browserToken}`;
}
