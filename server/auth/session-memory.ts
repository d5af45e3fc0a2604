// What this process remembers of sessions for two seconds, until any process says that they are over.
import type { Clock } from "../platform/clock.ts";
import { openListener, type RedisClient } from "../platform/redis.ts";
import {
  ENDED_TTL_MS,
  ENDS_CHANNEL,
  type LiveSession,
  type LookUpStart,
  type SessionMemory,
} from "./session-cache.ts";

/**
 * Ends are heard of within milliseconds; this is how long one may go unseen when the connection
 * that would tell of it has died without a sign.
 */
const SEEN_TTL_MS = 2_000;
/** Some 10 MB. */
const SESSIONS_MAX = 20_000;
/** Those in use are asked for again before their time, many in one step: no request waits. */
const RENEW_EVERY_MS = 500;
const RENEW_BEFORE_END_MS = 1_000;
/** What was found by a look-up that took longer is not remembered: it may have ended since. */
const LOOK_UP_MS_MAX = 1_000;
/** Of one step; the others are looked up by the requests that bring them. */
const RENEWED_MAX = 500;

interface Entry {
  /** Undefined: it is over. */
  session: LiveSession | undefined;
  /** By the monotonic clock. */
  untilMs: number;
  /** By the wall clock, when the session ends by itself. */
  endsMs: number;
  /** Since it was put here. */
  isUsed: boolean;
}

/** Who these belong to now, as far as they are live, by token hash. */
export type ReadSessions = (tokenHashes: readonly string[]) => Promise<Map<string, LiveSession>>;

/** Remembers only while it hears of ends, by a connection of its own. */
export function createSessionMemory({
  redis,
  clock,
  stopping,
  readSessions,
}: {
  redis: RedisClient;
  clock: Clock;
  stopping: AbortSignal;
  readSessions: ReadSessions;
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
    const over = { session: undefined, untilMs, endsMs: 0, isUsed: false };
    for (const tokenHash of tokenHashes) put(tokenHash, over);
  };
  let hearing = 0;
  const lost = () => {
    hearing += 1;
    entries.clear();
  };
  const isHearing = hearEnds({ redis, stopping, forget, lost });
  const begin = () => ({ monotonicMs: clock.monotonicMs(), hearing });
  const isOver = (tokenHash: string) => {
    const entry = entries.get(tokenHash);
    return (
      entry !== undefined && entry.session === undefined && entry.untilMs > clock.monotonicMs()
    );
  };
  const remember = (tokenHash: string, session: LiveSession, start: LookUpStart) => {
    const nowMs = clock.monotonicMs();
    const isLate = start.hearing !== hearing || nowMs - start.monotonicMs > LOOK_UP_MS_MAX;
    // An end that was told of since the session was looked up must stay.
    if (isLate || isOver(tokenHash) || !isHearing()) return;
    const endsMs = Math.min(Date.parse(session.expiresAt), Date.parse(session.idleEndsAt));
    put(tokenHash, { session, untilMs: nowMs + SEEN_TTL_MS, endsMs, isUsed: false });
  };
  const renewSoon = createRenewal(async () => {
    const start = begin();
    const due = takeDue(entries, start.monotonicMs);
    if (due.length === 0 || stopping.aborted) return;
    for (const [tokenHash, session] of await readSessions(due)) remember(tokenHash, session, start);
  });
  return {
    recall: (tokenHash, nowMs) => {
      const entry = entries.get(tokenHash);
      if (entry === undefined || entry.untilMs <= clock.monotonicMs()) return undefined;
      if (!(entry.endsMs > nowMs)) return undefined;
      entry.isUsed = true;
      renewSoon();
      return entry.session;
    },
    ...{ isOver, begin, remember, forget },
  };
}

/** Sessions in use whose time is soon over; what has been over before makes room. */
function takeDue(entries: Map<string, Entry>, nowMs: number): string[] {
  const due: string[] = [];
  for (const [tokenHash, { session, untilMs, isUsed }] of entries) {
    if (untilMs <= nowMs) entries.delete(tokenHash);
    if (session === undefined || untilMs <= nowMs) continue;
    // In the order in which they were put here: all others have more time.
    if (untilMs > nowMs + RENEW_BEFORE_END_MS || due.length === RENEWED_MAX) break;
    if (isUsed) due.push(tokenHash);
  }
  return due;
}

/** One round some time after it was asked for, and none while nobody asks. */
function createRenewal(round: () => Promise<void>): () => void {
  let isPlanned = false;
  const run = () => {
    // What cannot be renewed is looked up by the next request.
    void round()
      .catch(() => undefined)
      .finally(() => {
        isPlanned = false;
      });
  };
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    setTimeout(run, RENEW_EVERY_MS).unref();
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
