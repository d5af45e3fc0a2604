// From rows of the outbox to lines that are taken: our wake-up and batches beside one job per ticket.
import { Queue, Worker } from "bullmq";
import { chooseLines, claimLines } from "#server/mint/choose-lines.ts";
import { openRedis } from "#server/platform/redis.ts";
import { openWakeWorker } from "#server/queue/wake-worker.ts";
import { type House, openHouse } from "#test/support/house.ts";
import { oweLines } from "#test/support/owed-lines.ts";
import { requireVariable } from "#test/support/variables.ts";
import { medianOf } from "../kit/rounds.ts";

export interface IntakeReport {
  ours: number;
  jobs: number;
}

const LINES = 10_000;
const ROUNDS = 3;
const WARM_UP_LINES = 2_000;
const EVENT_ID = 77;
/** More gain nothing: the Redis of the queue and this process are full. */
const JOBS_AT_ONCE = 50;
const JOBS_PER_ADD = 200;
const PREFIX = "{bench}";
const NAME = "ticket";
const TAKEN = "UPDATE sale.mint_line SET state = 'sent', updated_at = now() WHERE id = ANY($1)";

process.once("message", async () => {
  const house = await openHouse();
  const report = await measure(house);
  await house.close();
  process.send?.(report);
  process.disconnect();
});

async function measure(house: House): Promise<IntakeReport> {
  const ours: number[] = [];
  const jobs: number[] = [];
  await takeBatches(house, WARM_UP_LINES);
  await takeJobs(house, WARM_UP_LINES);
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await takeBatches(house, LINES));
    jobs.push(await takeJobs(house, LINES));
  }
  return { ours: medianOf(ours, Number), jobs: medianOf(jobs, Number) };
}

let owed = 0;

async function owe(house: House, count: number): Promise<void> {
  await oweLines(house, { eventId: EVENT_ID, from: owed, count });
  owed += count;
}

/** What the worker does but for the chain: wake, choose, take, until nothing is left. */
async function takeBatches(house: House, count: number): Promise<number> {
  const { db, log } = house;
  await owe(house, count);
  const event = { deployment: house.event.deployment, eventId: EVENT_ID };
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const handle = async () => {
    for (;;) {
      const lines = await chooseLines(db, event, new Set());
      if (lines.length === 0) return;
      await db.transaction(async (sql) => {
        if (!(await claimLines(sql, lines))) throw new Error("nobody else takes lines here");
        await sql.query({ name: "taken", text: TAKEN, values: [lines.map(({ id }) => id)] });
      });
    }
  };
  const redisUrl = requireVariable("TEST_REDIS_URL");
  const worker = openWakeWorker({
    ...{ name: "mint", redisUrl, log },
    handle: () => handle().then(resolve, reject),
  });
  const startedMs = performance.now();
  await house.queue.wake(event);
  await done;
  const seconds = (performance.now() - startedMs) / 1_000;
  await worker.close();
  return count / seconds;
}

/** As most would build it: each row becomes a job, and each job takes its row. */
async function takeJobs(house: House, count: number): Promise<number> {
  const { db, log } = house;
  await owe(house, count);
  const connection = openRedis({ url: requireVariable("TEST_REDIS_URL"), use: "queue", log });
  const options = { connection, prefix: PREFIX, skipVersionCheck: true };
  const queue = new Queue(NAME, options);
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  let taken = 0;
  const take = async ({ data }: { data: { id: string } }) => {
    await db.query({ name: "taken", text: TAKEN, values: [[data.id]] });
    taken += 1;
    if (taken === count) resolve();
  };
  const worker = new Worker(NAME, take, { ...options, concurrency: JOBS_AT_ONCE });
  worker.on("failed", (_job, error) => reject(error));
  const startedMs = performance.now();
  await relay(house, queue);
  await done;
  const seconds = (performance.now() - startedMs) / 1_000;
  await worker.close();
  await queue.close();
  connection.disconnect();
  return count / seconds;
}

async function relay({ db }: House, queue: Queue): Promise<void> {
  let after = "0";
  for (;;) {
    const { rows } = await db.query<{ id: bigint }>({
      name: "relayed",
      text: `SELECT id FROM sale.mint_line WHERE state = 'queued' AND id > $1
             ORDER BY id LIMIT $2`,
      values: [after, JOBS_PER_ADD],
    });
    const last = rows.at(-1);
    if (last === undefined) return;
    const opts = { removeOnComplete: true, removeOnFail: true };
    await queue.addBulk(
      rows.map(({ id }) => ({
        name: NAME,
        data: { id: String(id) },
        opts: { ...opts, jobId: `t-${id}` },
      })),
    );
    after = String(last.id);
  }
}
