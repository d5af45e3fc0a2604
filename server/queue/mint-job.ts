// The mint queue's job as both sides see it: a wake-up for one event, never the work itself (D4).
import { z } from "zod";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";

export const MINT_QUEUE = "mint";
/** Braces keep all keys of the queues in one slot of a Redis Cluster. */
export const QUEUE_PREFIX = "{stagedoor}";

const MintJob = z.strictObject({ deployment: z.int().min(1), eventId: z.int().min(1) });

export function mintJob(event: EventRef): { name: string; id: string; data: EventRef } {
  const data = { deployment: event.deployment, eventId: event.eventId };
  return { name: "wake", id: `mint-${formatEventId(event)}`, data: MintJob.parse(data) };
}

/** Jobs may have been written by an older version of us. */
export function parseMintJob(data: unknown): EventRef {
  return MintJob.parse(data);
}
