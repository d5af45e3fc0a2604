// Runs a handler for each wake-up of a queue, and lets go of it in time at the end.
import { UnrecoverableError, Worker } from "bullmq";
import { Bug, Fault } from "../domain/failure.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import type { Log } from "../platform/log.ts";
import { openRedis } from "../platform/redis.ts";
import { parseWakeJob, QUEUE_PREFIX, type WakeQueueName } from "./wake-job.ts";

/**
 * A stalled job is handed on; rows and lanes make a second run harmless, so it may happen often.
 */
const STALLS_MAX = 100;
const CLOSE_DEADLINE_MS = 3_000;

export function openWakeWorker({
  name,
  redisUrl,
  log,
  handle,
}: {
  name: WakeQueueName;
  redisUrl: string;
  log: Log;
  handle: (event: EventRef) => Promise<void>;
}): { close: () => Promise<void> } {
  const connection = openRedis({ url: redisUrl, use: "queue", log });
  const worker = new Worker(
    name,
    async (job) => {
      try {
        await handle(parseWakeJob(job.data));
      } catch (error) {
        // A bug ends the process; thrown here it would only end the job.
        if (error instanceof Bug) setImmediate(() => Promise.reject(error));
        // Only somebody else's failure is worth another try; after the last one the sweep makes it.
        if (error instanceof Fault) throw error;
        throw new UnrecoverableError(error instanceof Error ? error.message : String(error));
      }
    },
    {
      connection,
      prefix: QUEUE_PREFIX,
      skipVersionCheck: true,
      maxStalledCount: STALLS_MAX,
      concurrency: 4,
    },
  );
  worker.on("error", (err) => log.debug({ err, queue: name }, "a queue is away"));
  worker.on("failed", (job, err) => log.warn({ err, job: job?.id }, "a wake-up failed"));
  return {
    close: async () => {
      const closed = worker.close().catch(() => undefined);
      // While Redis is down close never resolves.
      await Promise.race([closed, new Promise((done) => setTimeout(done, CLOSE_DEADLINE_MS))]);
      connection.disconnect();
    },
  };
}
