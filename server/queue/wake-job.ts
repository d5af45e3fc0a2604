// The queues' jobs as both sides see them: a wake-up for one event, never the work itself (D4).
import { z } from "zod";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";

/** mint: paid tickets wait. publish: an event is on its way to the chain. */
export type WakeQueueName = "mint" | "publish";
/** Braces keep all keys of the queues in one slot of a Redis Cluster. */
export const QUEUE_PREFIX = "{stagedoor}";

const WakeJob = z.strictObject({ deployment: z.int().min(1), eventId: z.int().min(1) });

/** One job per event: waking it twice before it was taken is the same as once. */
export function wakeJob(
  queue: WakeQueueName,
  event: EventRef,
): { name: string; id: string; data: EventRef } {
  const data = { deployment: event.deployment, eventId: event.eventId };
  return { name: "wake", id: `${queue}-${formatEventId(event)}`, data: WakeJob.parse(data) };
}

/** Jobs may have been written by an older version of us. */
export function parseWakeJob(data: unknown): EventRef {
  return WakeJob.parse(data);
}
