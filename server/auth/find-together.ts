// Looks up the sessions that many requests bring in one moment in one step.
import { Fault } from "../domain/failure.ts";
import { atEndOfTurn } from "../platform/turn.ts";
import { within } from "../platform/within.ts";
import { findCached, findRows, recallByHash, type SessionDeps } from "./session.ts";
import type { LiveSession, SessionMemory } from "./session-cache.ts";

/** Of one step, which takes some milliseconds then. */
const SESSIONS_MAX = 500;
/** A drop brings every fan at once, each for the first time; behind so many nobody waits. */
const WAITING_MAX = 20_000;
/** A step that takes longer fails, and the next one begins: its connection may be dead. */
const STEP_LIMIT_MS = 5_000;

/** Who a session's token belongs to, by the token's hash. */
type FindSession = (tokenHash: string) => Promise<LiveSession | undefined>;

/**
 * First the cache, then rows for what it does not know, each for many requests at once: who is in
 * the cache waits for nobody's row, and has no part in its failure.
 */
export function createFinder(deps: SessionDeps & { sessionMemory: SessionMemory }): FindSession {
  const { sessionMemory: memory } = deps;
  type Cached = LiveSession | "unknown";
  const findInCache = gatherKeys<Cached>(async (tokenHashes) => {
    const { live, unknown } = await findCached(deps, tokenHashes);
    return new Map<string, Cached>([...live, ...unknown.map((each) => [each, "unknown"] as const)]);
  });
  const findInRows = gatherKeys((tokenHashes) => findRows(deps, tokenHashes));
  return async (tokenHash) => {
    const seen = recallByHash(deps, tokenHash);
    if (seen !== undefined) return seen;
    const start = memory.begin();
    const cached = await findInCache(tokenHash);
    const session = cached === "unknown" ? await findInRows(tokenHash) : cached;
    // Told of its end since it was looked up.
    if (session === undefined || memory.isOver(tokenHash)) return undefined;
    memory.remember(tokenHash, session, start);
    return session;
  };
}

interface Waiting<T> {
  resolve: (value: T | undefined) => void;
  reject: (error: unknown) => void;
}

/**
 * One step at a time: while it is under way, the next ones gather. A lone one waits for nothing but
 * the end of its turn, and who brings a key that waits already shares its answer.
 */
export function gatherKeys<T>(
  read: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>,
  limitMs = STEP_LIMIT_MS,
): (key: string) => Promise<T | undefined> {
  const waiting = new Map<string, Waiting<T>[]>();
  let isUnderWay = false;
  const begin = async (): Promise<void> => {
    if (isUnderWay || waiting.size === 0) return;
    isUnderWay = true;
    const batch = [...waiting].slice(0, SESSIONS_MAX);
    for (const [key] of batch) waiting.delete(key);
    try {
      const reading = read(batch.map(([key]) => key));
      const found = await within(limitMs, "Sessions are not found in time.", reading);
      for (const [key, all] of batch) for (const { resolve } of all) resolve(found.get(key));
    } catch (error) {
      for (const [, all] of batch) for (const { reject } of all) reject(error);
    }
    isUnderWay = false;
    if (waiting.size > 0) atEndOfTurn(() => void begin());
  };
  return (key) =>
    new Promise((resolve, reject) => {
      const others = waiting.get(key);
      if (others !== undefined) {
        others.push({ resolve, reject });
        return;
      }
      if (waiting.size >= WAITING_MAX) {
        reject(new Fault("server/unavailable", "Too many sessions are looked up at once."));
        return;
      }
      if (waiting.size === 0 && !isUnderWay) atEndOfTurn(() => void begin());
      waiting.set(key, [{ resolve, reject }]);
    });
}
