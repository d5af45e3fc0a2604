// The operator's look at the wake-up queues (bull-board): read only, and loaded when somebody looks first.
import { Queue } from "bullmq";
import type { RequestHandler } from "express";
import type { Log } from "../platform/log.ts";
import { openRedis } from "../platform/redis.ts";
import { QUEUE_PREFIX, type WakeQueueName } from "./wake-job.ts";

export interface QueueBoard {
  /** Where its pages live; whoever mounts it says who may see them. */
  path: string;
  open(): Promise<RequestHandler>;
  close(): void;
}

const PATH = "/operator/queues";
const NAMES: readonly WakeQueueName[] = ["mint", "publish"];

export function createQueueBoard({ redisUrl, log }: { redisUrl: string; log: Log }): QueueBoard {
  let opened: Promise<{ pages: RequestHandler; disconnect: () => void }> | undefined;
  return {
    path: PATH,
    open: async () => {
      opened ??= openBoard({ redisUrl, log });
      try {
        return (await opened).pages;
      } catch (error) {
        // Whoever looks next tries anew.
        opened = undefined;
        throw error;
      }
    },
    close: () => {
      opened?.then(
        ({ disconnect }) => disconnect(),
        () => undefined,
      );
    },
  };
}

async function openBoard({ redisUrl, log }: { redisUrl: string; log: Log }) {
  const [{ createBullBoard }, { BullMQAdapter }, { ExpressAdapter }] = await Promise.all([
    import("@bull-board/api"),
    import("@bull-board/api/bullMQAdapter"),
    import("@bull-board/express"),
  ]);
  const connection = openRedis({ url: redisUrl, use: "request", log });
  const queues = NAMES.map((name) => {
    const queue = new Queue(name, { connection, prefix: QUEUE_PREFIX, skipVersionCheck: true });
    queue.on("error", (err) => log.debug({ err, queue: name }, "a queue is away"));
    return new BullMQAdapter(queue, { readOnlyMode: true, allowRetries: false });
  });
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(PATH);
  createBullBoard({ queues, serverAdapter });
  const pages = serverAdapter.getRouter();
  pages.disable("x-powered-by");
  return { pages: pages as RequestHandler, disconnect: () => connection.disconnect() };
}
