// Wakes a worker for an event's paid tickets; without it they are found by the sweep, a moment later.
import { Queue } from "bullmq";
import type { EventRef } from "../domain/ticket-id.ts";
import type { Log } from "../platform/log.ts";
import { openRedis } from "../platform/redis.ts";
import { MINT_QUEUE, mintJob, QUEUE_PREFIX } from "./mint-job.ts";

export interface MintQueue {
  /** Best effort: the outbox row decides, so no caller needs to know whether this worked. */
  wake(event: EventRef): Promise<void>;
  close(): void;
}

const WAKE_TIMEOUT_MS = 1_000;

export function openMintQueue({ redisUrl, log }: { redisUrl: string; log: Log }): MintQueue {
  const connection = openRedis({ url: redisUrl, use: "request", log });
  const queue = new Queue(MINT_QUEUE, {
    connection,
    prefix: QUEUE_PREFIX,
    skipVersionCheck: true,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  queue.on("error", (err) => log.debug({ err }, "the mint queue is away"));
  return {
    wake: async (event) => {
      const job = mintJob(event);
      const late = AbortSignal.timeout(WAKE_TIMEOUT_MS);
      const ended = new Promise<void>((resolve) => late.addEventListener("abort", () => resolve()));
      try {
        await Promise.race([queue.add(job.name, job.data, { jobId: job.id }), ended]);
      } catch (err) {
        log.warn({ err, job: job.id }, "could not wake the minter; the sweep will find the lines");
      }
    },
    // BullMQ's own close never resolves while Redis is away.
    close: () => connection.disconnect(),
  };
}
