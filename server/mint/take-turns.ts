// Whose batch is next: the event that waited longest since its last one, however much the others owe.
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";

export interface EventTurns {
  /** Takes the next event out of those that wait; undefined when nobody does. */
  next(waiting: EventRef[]): EventRef | undefined;
}

/** An event that comes back after so many others is as good as new. */
const EVENTS_KNOWN_MAX = 10_000;

export function createEventTurns(): EventTurns {
  /** Of each event the number of its last turn, the oldest first. */
  const lastTurns = new Map<string, number>();
  let turn = 0;

  const lastTurnOf = (event: EventRef) => lastTurns.get(formatEventId(event)) ?? 0;

  return {
    next: (waiting) => {
      const [first] = waiting;
      if (first === undefined) return undefined;
      // Of two that never had a turn the one that is named first: it has the older line.
      const chosen = waiting.reduce((a, b) => (lastTurnOf(b) < lastTurnOf(a) ? b : a), first);
      waiting.splice(waiting.indexOf(chosen), 1);
      const id = formatEventId(chosen);
      lastTurns.delete(id);
      turn += 1;
      lastTurns.set(id, turn);
      const [oldest] = lastTurns.keys();
      if (lastTurns.size > EVENTS_KNOWN_MAX && oldest !== undefined) lastTurns.delete(oldest);
      return chosen;
    },
  };
}
