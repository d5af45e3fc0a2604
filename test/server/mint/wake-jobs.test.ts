// A wake-up that fails: asked again for somebody else's failure alone, and never more often than said.
import { Queue } from "bullmq";
import { expect } from "chai";
import { Bug, Fault, Refusal } from "#server/domain/failure.ts";
import type { EventRef } from "#server/domain/ticket-id.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createLog } from "#server/platform/log.ts";
import { openRedis, type RedisClient, waitForRedis } from "#server/platform/redis.ts";
import { QUEUE_PREFIX } from "#server/queue/wake-job.ts";
import { openWakeQueue, WAKE_TRIES_MAX } from "#server/queue/wake-queue.ts";
import { openWakeWorker } from "#server/queue/wake-worker.ts";
import { requireVariable } from "../../support/variables.ts";

const EVENT = { deployment: 1, eventId: 7 };
const END_LIMIT_MS = 10_000;
const log = createLog({ name: "test", level: "silent" });

describe("wake-up jobs", () => {
  const redisUrl = requireVariable("TEST_REDIS_URL");
  let redis: RedisClient;
  let raw: Queue;
  before(async () => {
    redis = openRedis({ url: redisUrl, use: "request", log });
    await waitForRedis(redis);
    await redis.flushdb();
    raw = new Queue("publish", { connection: redis, prefix: QUEUE_PREFIX, skipVersionCheck: true });
  });
  after(() => redis.disconnect());

  /** Wakes once, and answers what the handler was asked until no job is left. */
  async function calls(
    handle: (event: EventRef) => Promise<void>,
    add = async () => {
      const queue = openWakeQueue({ name: "publish", redisUrl, log });
      await queue.wake(EVENT);
      queue.close();
    },
  ): Promise<EventRef[]> {
    const asked: EventRef[] = [];
    await add();
    expect(await left()).to.equal(1);
    const worker = openWakeWorker({
      ...{ name: "publish" as const, redisUrl, log },
      handle: async (event) => {
        asked.push(event);
        await handle(event);
      },
    });
    const endMs = systemClock.monotonicMs() + END_LIMIT_MS;
    while ((await left()) > 0 && systemClock.monotonicMs() < endMs) await systemClock.sleep(20);
    await worker.close();
    // Neither done nor failed jobs stay: the id must be free for the next wake-up.
    expect(await left()).to.equal(0);
    return asked;
  }

  async function left(): Promise<number> {
    const counts = await raw.getJobCounts();
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  it("are done once where all goes well, with the event that was woken", async () => {
    expect(await calls(async () => undefined)).to.deep.equal([EVENT]);
  });

  it("are tried again after a fault, until it is over", async () => {
    let faults = WAKE_TRIES_MAX - 1;
    const asked = await calls(async () => {
      faults -= 1;
      if (faults >= 0) throw new Fault("chain/unreachable", "It is away.");
    });
    expect(asked).to.have.lengthOf(WAKE_TRIES_MAX);
  });

  it("are left to the sweep when the fault stays", async () => {
    const asked = await calls(async () => {
      throw new Fault("chain/unreachable", "It is away.");
    });
    expect(asked).to.have.lengthOf(WAKE_TRIES_MAX);
  });

  it("are not tried again when the answer is no", async () => {
    const asked = await calls(async () => {
      throw new Refusal("event/wrong-state", "It is no event to publish.");
    });
    expect(asked).to.have.lengthOf(1);
  });

  it("are dropped where their payload is not what we write", async () => {
    for (const data of [{}, { deployment: 1, eventId: "7" }, { ...EVENT, more: true }, null]) {
      const asked = await calls(
        async () => undefined,
        async () => void (await raw.add("wake", data, { removeOnFail: true, attempts: 3 })),
      );
      expect(asked).to.deep.equal([]);
    }
  });

  it("are not tried again after a bug, which ends the process", async () => {
    const before = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    const ended = new Promise<unknown>((resolve) => process.once("unhandledRejection", resolve));
    try {
      const asked = await calls(async () => {
        throw new Bug("a seat has two tickets");
      });
      expect(asked).to.have.lengthOf(1);
      expect(await ended).to.be.instanceOf(Bug);
    } finally {
      for (const listener of before) process.on("unhandledRejection", listener);
    }
  });
});
