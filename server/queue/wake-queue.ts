// Wakes a worker for an event; without it the sweep finds what is to be done, a moment later.
import { Queue } from "bullmq";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Log } from "../platform/log.ts";
import { openRedis } from "../platform/redis.ts";
import { QUEUE_PREFIX, type WakeQueueName, wakeJob } from "./wake-job.ts";

export interface WakeQueue {
  /** Best effort: rows decide, so no caller needs to know whether this worked. */
  wake(event: EventRef): Promise<void>;
  close(): void;
}

const WAKE_TIMEOUT_MS = 1_000;
/** Of one wake-up, where a fault ends each; then the sweep has come round, and is as good. */
export const WAKE_TRIES_MAX = 3;
/** Before the second try, and twice as long before the third. */
const WAKE_BACKOFF_MS = 250;

export function openWakeQueue({
  name,
  redisUrl,
  log,
}: {
  name: WakeQueueName;
  redisUrl: string;
  log: Log;
}): WakeQueue {
  const connection = openRedis({ url: redisUrl, use: "request", log });
  const queue = new Queue(name, {
    connection,
    prefix: QUEUE_PREFIX,
    skipVersionCheck: true,
    defaultJobOptions: {
      ...{ removeOnComplete: true, removeOnFail: true, attempts: WAKE_TRIES_MAX },
      backoff: { type: "exponential", delay: WAKE_BACKOFF_MS },
    },
  });
  queue.on("error", (err) => log.debug({ err, queue: name }, "a queue is away"));
  const wakeNow = async (event: EventRef): Promise<void> => {
    const job = wakeJob(name, event);
    const late = AbortSignal.timeout(WAKE_TIMEOUT_MS);
    const ended = new Promise<void>((resolve) => late.addEventListener("abort", () => resolve()));
    try {
      await Promise.race([queue.add(job.name, job.data, { jobId: job.id }), ended]);
    } catch (err) {
      log.warn({ err, job: job.id }, "could not wake a worker; the sweep will find the work");
    }
  };
  return {
    wake: shareCalls(wakeNow),
    // BullMQ's own close never resolves while Redis is away.
    close: () => connection.disconnect(),
  };
}

/** One that is on its way may be too early for what was written since: those share the next. */
function shareCalls(wake: (event: EventRef) => Promise<void>): WakeQueue["wake"] {
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();
  const start = (id: string, event: EventRef): Promise<void> => {
    const ended = wake(event).finally(() => running.delete(id));
    running.set(id, ended);
    return ended;
  };
  return (event) => {
    const id = formatEventId(event);
    const before = running.get(id);
    if (before === undefined) return start(id, event);
    const waiting =
      next.get(id) ??
      before.then(() => {
        next.delete(id);
        return start(id, event);
      });
    next.set(id, waiting);
    return waiting;
  };
}
