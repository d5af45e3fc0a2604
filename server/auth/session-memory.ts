// What this process remembers of sessions for two seconds, until any process says that they are over.
import type { Clock } from "../platform/clock.ts";
import { openListener, type RedisClient } from "../platform/redis.ts";
import {
  ENDED_TTL_MS,
  ENDS_CHANNEL,
  type LiveSession,
  type SessionMemory,
} from "./session-cache.ts";

/**
 * Ends are heard of within milliseconds; this is how long one may go unseen when the connection
 * that would tell of it has died without a sign.
 */
const SEEN_TTL_MS = 2_000;
/** Some 10 MB. */
const SESSIONS_MAX = 20_000;

interface Entry {
  /** Undefined: it is over. */
  session: LiveSession | undefined;
  /** By the monotonic clock. */
  untilMs: number;
  /** By the wall clock, when the session ends by itself. */
  endsMs: number;
}

/** Remembers only while it hears of ends, by a connection of its own. */
export function createSessionMemory({
  redis,
  clock,
  stopping,
}: {
  redis: RedisClient;
  clock: Clock;
  stopping: AbortSignal;
}): SessionMemory {
  const entries = new Map<string, Entry>();
  const put = (tokenHash: string, entry: Entry) => {
    // Last in a Map is newest: the first one goes when there are too many.
    entries.delete(tokenHash);
    entries.set(tokenHash, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= SESSIONS_MAX) break;
      entries.delete(oldest);
    }
  };
  const forget = (tokenHashes: readonly string[]) => {
    const untilMs = clock.monotonicMs() + ENDED_TTL_MS;
    for (const tokenHash of tokenHashes) put(tokenHash, { session: undefined, untilMs, endsMs: 0 });
  };
  const isHearing = hearEnds({ redis, stopping, forget, lost: () => entries.clear() });
  return {
    recall: (tokenHash, nowMs) => {
      const entry = entries.get(tokenHash);
      if (entry === undefined || entry.untilMs <= clock.monotonicMs()) return undefined;
      return entry.endsMs > nowMs ? entry.session : undefined;
    },
    remember: (tokenHash, session) => {
      const nowMs = clock.monotonicMs();
      const before = entries.get(tokenHash);
      // An end that was told of since the session was looked up must stay.
      const isOver = before?.session === undefined && (before?.untilMs ?? 0) > nowMs;
      if (isOver || !isHearing()) return;
      const endsMs = Math.min(Date.parse(session.expiresAt), Date.parse(session.idleEndsAt));
      put(tokenHash, { session, untilMs: nowMs + SEEN_TTL_MS, endsMs });
    },
    forget,
  };
}

function hearEnds({
  redis,
  stopping,
  forget,
  lost,
}: {
  redis: RedisClient;
  stopping: AbortSignal;
  forget: (tokenHashes: readonly string[]) => void;
  lost: () => void;
}): () => boolean {
  const ear = openListener(redis);
  let hearing = false;
  const deaf = () => {
    hearing = false;
    lost();
  };
  // The client that this one is a copy of tells the log that Redis is away.
  ear.on("error", () => undefined);
  ear.on("close", deaf);
  ear.on("message", (_channel, text: string) => forget(text.split(" ")));
  ear.on("ready", () => {
    ear.subscribe(ENDS_CHANNEL).then(
      () => {
        hearing = true;
      },
      // A user of Redis who may not listen: every session is asked for, as before.
      () => deaf(),
    );
  });
  const stop = () => {
    deaf();
    ear.disconnect();
  };
  if (stopping.aborted) stop();
  else stopping.addEventListener("abort", stop, { once: true });
  return () => hearing;
}
