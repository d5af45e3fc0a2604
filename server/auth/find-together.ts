// Looks up the sessions that many requests bring in one moment in one step.
import { Fault } from "../domain/failure.ts";
import { atEndOfTurn } from "../platform/turn.ts";
import type { LiveSession, SessionMemory } from "./session-cache.ts";
import type { ReadSessions } from "./session-memory.ts";

/** Of one step, which reads some milliseconds then. */
const SESSIONS_MAX = 500;
/** A drop brings every fan at once, each for the first time; behind so many nobody waits. */
const WAITING_MAX = 20_000;

interface Waiting {
  resolve: (session: LiveSession | undefined) => void;
  reject: (error: unknown) => void;
}

/**
 * One step at a time: while it is under way, the next ones gather. A lone one waits for nothing but
 * the end of its turn, and who brings a session that somebody asks for already shares his answer.
 */
export function findTogether(
  read: ReadSessions,
  memory: Pick<SessionMemory, "remember">,
): (tokenHash: string) => Promise<LiveSession | undefined> {
  const waiting = new Map<string, Waiting[]>();
  let isUnderWay = false;
  const begin = async (): Promise<void> => {
    if (isUnderWay || waiting.size === 0) return;
    isUnderWay = true;
    const batch = [...waiting].slice(0, SESSIONS_MAX);
    for (const [tokenHash] of batch) waiting.delete(tokenHash);
    try {
      const found = await read(batch.map(([tokenHash]) => tokenHash));
      for (const [tokenHash, session] of found) memory.remember(tokenHash, session);
      for (const [tokenHash, all] of batch) {
        for (const { resolve } of all) resolve(found.get(tokenHash));
      }
    } catch (error) {
      for (const [, all] of batch) for (const { reject } of all) reject(error);
    }
    isUnderWay = false;
    if (waiting.size > 0) atEndOfTurn(() => void begin());
  };
  return (tokenHash) =>
    new Promise((resolve, reject) => {
      const others = waiting.get(tokenHash);
      if (others !== undefined) {
        others.push({ resolve, reject });
        return;
      }
      if (waiting.size >= WAITING_MAX) {
        reject(new Fault("server/unavailable", "Too many sessions are looked up at once."));
        return;
      }
      if (waiting.size === 0 && !isUnderWay) atEndOfTurn(() => void begin());
      waiting.set(tokenHash, [{ resolve, reject }]);
    });
}
