// The worker process: mints what is paid, closes lines by the mirror, and sweeps up what was left half way.

import { askAnchor, auditAnchors } from "./audit/anchor-log.ts";
import { pruneSessions } from "./auth/session.ts";
import { Bug } from "./domain/failure.ts";
import { closeActs } from "./event/act/run-acts.ts";
import { tellOrders } from "./event/act/tell-orders.ts";
import { createPublisher, type Publisher } from "./event/publish/publisher.ts";
import { checkIns } from "./gate/check-in.ts";
import { expireAllKeys } from "./hold/expire-keys.ts";
import { loadAllClaims } from "./hold/load-claims.ts";
import { type KeyWatch, measureLanes, measureLines, watchKeys } from "./mint/measure.ts";
import { createMinter, type Minter } from "./mint/mint-event.ts";
import { reopenVanished, settleLines } from "./mint/settle-lines.ts";
import { openMintStore } from "./mint/sql-mint-store.ts";
import { pruneNotices } from "./notify/prune-notices.ts";
import { openPayments, type Payments } from "./pay/open-payments.ts";
import { sweepBooks, sweepProvider } from "./pay/reconcile/sweep-books.ts";
import { createRefunder, type RefundDeps, type Refunder } from "./pay/refund/refunder.ts";
import { EVENTS_PER_ROUND, handleEvents, pruneEvents } from "./pay/stripe/handle-events.ts";
import { pollEvents } from "./pay/stripe/poll-events.ts";
import { EVENTS_CHANNEL } from "./pay/stripe/receive-event.ts";
import { expireOrders, sweepPayments } from "./pay/sweep-payments.ts";
import type { PayDeps } from "./pay/take-payment.ts";
import { endVouchers } from "./pay/voucher/end-vouchers.ts";
import { relayVouchers } from "./pay/voucher/relay-vouchers.ts";
import { settleVouchers } from "./pay/voucher/settle-vouchers.ts";
import type { Chains } from "./platform/chain.ts";
import { systemClock } from "./platform/clock.ts";
import type { Db } from "./platform/db/client.ts";
import { pruneKeys } from "./platform/db/keyed.ts";
import type { Env } from "./platform/env.ts";
import { serveHealth } from "./platform/health.ts";
import { createLog } from "./platform/log.ts";
import type { Metrics } from "./platform/metrics.ts";
import { envOrExit, openParts } from "./platform/parts.ts";
import { fail, runProcess } from "./platform/process.ts";
import { randomUuid } from "./platform/random.ts";
import { repeat, serialise } from "./platform/repeat.ts";
import type { KeyDeps } from "./platform/tx/key-turns.ts";
import { leaveLanes } from "./platform/tx/lane.ts";
import { recoverTransactions } from "./platform/tx/recover.ts";
import type { Signer } from "./platform/tx/signer.ts";
import { type Keys, openKeys } from "./platform/tx/signers/open-keys.ts";
import { createJobRunner, type JobRunner } from "./queue/job/job-runner.ts";
import { measureJobs } from "./queue/job/measure-jobs.ts";
import { openWakeQueue } from "./queue/wake-queue.ts";
import { openWakeWorker } from "./queue/wake-worker.ts";
import { addPayouts } from "./royalty/add-payouts.ts";
import { createPost } from "./webhook/post-webhook.ts";
import { pruneMessages } from "./webhook/prune-messages.ts";
import { sendDue } from "./webhook/send-due.ts";

const CONNECTIONS_MAX = 10;
/** How long a paid ticket waits at most when its wake-up was lost. */
const MINT_SWEEP_MS = 2_000;
const PAYMENT_SWEEP_MS = 5_000;
/** What waits here is told to the chain and to nobody at a counter. */
const CHECK_IN_SWEEP_MS = 2_000;
/** What is due was earned days before. */
const PAYOUT_SWEEP_MS = 10_000;
const JOBS_MEASURED_MS = 5_000;
/** How long the orders of a cancelled or moved event wait to hear of it. */
const ACT_SWEEP_MS = 2_000;
/** A refund waits for a final block, which takes far longer than this. */
const REFUND_SWEEP_MS = 5_000;
/** How long the books may differ before anybody hears of it. */
const BOOKS_SWEEP_MS = 60_000;
/** How long a webhook that got lost goes unnoticed. */
const EVENT_POLL_MS = 20_000;
/** How long a receiver waits for news at most; what is due is sent in one go. */
const WEBHOOK_SWEEP_MS = 1_000;
/** How long an event may be off the chain before anybody notices. */
const PUBLISH_SWEEP_MS = 15_000;
/** How often the keys' coin is looked at: it lasts for days, not for seconds. */
const COIN_MS = 60_000;
/** A Postgres that says nothing does not hear a farewell either; a lane's lease ends by itself. */
const LEAVE_MS = 2_000;
const PRUNE_MS = 10 * 60_000;

const env = envOrExit();
const minterKeys = minterKeysOrExit(env);
const log = createLog({ name: "worker", level: env.logLevel });

await runProcess({
  log,
  start: async (stopping) => {
    const keys = await openKeys({ ...env, minterKeys }, { clock: systemClock, log });
    const parts = await openParts({ env, name: "worker", log, connectionsMax: CONNECTIONS_MAX });
    const { db, redis, chains, metrics, checks } = parts;
    const queue = openWakeQueue({ name: "mint", redisUrl: env.redisUrl, log });
    const keyed = { db, chains, log, holder: randomUuid() };
    const { minters } = keys;
    const store = openMintStore(db);
    const minter = createMinter({ ...keyed, store, signers: minters, metrics });
    const publisher = openPublisher(keyed, keys.organiser);
    const payments = openPayments({ env, db, log });
    const { provider } = payments;
    const refunder = openRefunder({ ...keyed, redis, provider }, keys.refunder);

    // Lines that are closed make room in a lane, so minting goes on from here too.
    const settle = serialise(async () => {
      await settleVouchers({ db, redis, queue, log });
      await settleLines({ store, log });
      await minter.mintWaiting();
      await publisher?.publishWaiting();
    });
    db.listen("mirror", () => void settle().catch(warnUnlessBug("settling waits")), stopping);
    // While Redis was away it missed sales; whatever it kept of before, these are shown now.
    const showClaims = () =>
      void loadAllClaims({ db, redis }).catch(warnUnlessBug("claims are not shown"));
    redis.on("ready", showClaims);
    showClaims();
    const jobs = openJobs({ minter, publisher });
    const post = createPost({ clock: systemClock, local: env.nodeEnv === "development" });
    const context = { clock: systemClock, log, signal: stopping };
    const keyWatch = watchKeys({ db, chains, metrics, log });
    const sweeps = [
      repeat("mint sweep", MINT_SWEEP_MS, context, async () => {
        await settle();
        await reopenVanished({ store, log });
        await relayVouchers(keyed, minter.lanes);
        await recoverTransactions({ store, chains, log });
        await minter.keepMoving();
        await publisher?.keepMoving();
        await refunder.keepMoving();
        await measureLines(db, metrics);
        await measureLanes(db, metrics);
      }),
      repeat("coin", COIN_MS, context, () => lookAtKeys(keyWatch, keys)),
      repeat("publish sweep", PUBLISH_SWEEP_MS, context, async () => publisher?.reopenVanished()),
      repeat("prune", PRUNE_MS, context, () => prune({ db, redis })),
      repeat("webhooks", WEBHOOK_SWEEP_MS, context, async () => {
        while (!stopping.aborted && (await sendDue({ db, clock: systemClock, log, post })) > 0);
      }),
      ...sweepJobs({ ...keyed, keys, metrics }, context),
      ...sweepBack({ db, refunder, metrics, provider: payments.provider }, context),
      ...sweepMoney({ db, redis, queue, chains, payments }, context),
    ];
    const health = await serveHealth({
      ...{ host: env.host, port: env.workerHealthPort, checks, metrics },
      signal: stopping,
    });
    return {
      ready: { minters: minters.map(({ address }) => address), withoutKey: missing(keys) },
      stop: [
        { name: "jobs", run: () => Promise.all(jobs.map((job) => job.close())).then(() => {}) },
        { name: "sweeps", run: () => Promise.all(sweeps).then(() => undefined) },
        { name: "lanes", run: () => leaveLanes(db, keyed.holder), limitMs: LEAVE_MS },
        { name: "health", run: () => void health?.close() },
        { name: "queue", run: () => queue.close() },
        { name: "redis", run: () => redis.disconnect() },
        { name: "postgres", run: () => db.close(), limitMs: LEAVE_MS },
      ],
    };
  },
});

/** Without its key no event is published; everything else goes on. */
function openPublisher(
  deps: Omit<KeyDeps, "signer">,
  signer: Signer | undefined,
): Publisher | undefined {
  return signer === undefined ? undefined : createPublisher({ ...deps, signer });
}

/** Without its key tickets stay valid, and so nothing is paid back for them. */
function openRefunder(
  deps: Omit<KeyDeps, "signer"> & Pick<RefundDeps, "redis" | "provider">,
  signer: Signer | undefined,
): Refunder {
  const { redis, provider, ...keyed } = deps;
  const key = signer === undefined ? undefined : { ...keyed, signer };
  return createRefunder({ ...{ db: keyed.db, redis, provider, log }, key });
}

function openJobs(of: { minter: Minter; publisher: Publisher | undefined }) {
  const { redisUrl } = env;
  const { minter, publisher } = of;
  const minting = openWakeWorker({ name: "mint", redisUrl, log, handle: minter.mintEvent });
  if (publisher === undefined) return [minting];
  const handle = publisher.publishEvent;
  return [minting, openWakeWorker({ name: "publish", redisUrl, log, handle })];
}

async function prune(deps: Pick<PayDeps, "db" | "redis">): Promise<void> {
  const { db } = deps;
  await pruneSessions(db);
  await pruneKeys(db);
  await pruneMessages(db);
  await pruneNotices(db);
  await pruneEvents(db);
  // The last one: without Redis the others must go on.
  await expireAllKeys(deps);
}

async function lookAtKeys(watch: KeyWatch, { minters, ...others }: Keys): Promise<void> {
  for (const key of [...minters, ...Object.values(others)]) {
    if (key !== undefined) await watch.look(key.address);
  }
}

/** What the chain is told of by whoever has the key for it; without one it waits. */
function sweepJobs(
  given: Omit<KeyDeps, "signer"> & { keys: Keys; metrics: Metrics },
  context: Parameters<typeof repeat>[2],
): Promise<void>[] {
  const { keys, metrics, ...deps } = given;
  const gate = createJobRunner({ ...deps, signer: keys.gate }, (add) => add(checkIns));
  const payout = createJobRunner({ ...deps, signer: keys.payout }, (add) => {
    addPayouts(add, { ...deps, terms: env.payouts });
    const [first] = env.deployments;
    if (first === undefined) return;
    add(auditAnchors, () => askAnchor(deps.db, first.id, env.payouts));
  });
  const sweep = (name: string, everyMs: number, runner: JobRunner) =>
    repeat(name, everyMs, context, async () => {
      await runner.run();
      await runner.keepMoving();
    });
  const measure = repeat("jobs", JOBS_MEASURED_MS, context, () => measureJobs(deps.db, metrics));
  return [
    sweep("check-ins", CHECK_IN_SWEEP_MS, gate),
    sweep("payouts", PAYOUT_SWEEP_MS, payout),
    measure,
  ];
}

/** Whose work stays undone here, for whoever reads the line of the start. */
function missing({ organiser, refunder, gate, payout }: Keys): string[] {
  const keys = { ORGANISER_KEY: organiser, REFUNDER_KEY: refunder };
  const all = { ...keys, GATE_KEY: gate, PAYOUT_KEY: payout };
  return Object.entries(all).flatMap(([name, key]) => (key === undefined ? [name] : []));
}

/** What is taken back, whole events or tickets of orders; and whether the books agree. */
function sweepBack(
  given: { db: Db; refunder: Refunder; metrics: Metrics; provider: Payments["provider"] },
  context: Parameters<typeof repeat>[2],
): Promise<void>[] {
  const { db, refunder, metrics, provider } = given;
  return [
    repeat("event acts", ACT_SWEEP_MS, context, async () => {
      await closeActs(db);
      while (!context.signal.aborted && (await tellOrders(db)));
    }),
    repeat("refunds", REFUND_SWEEP_MS, context, () => refunder.refundDue()),
    repeat("books", BOOKS_SWEEP_MS, context, async () => {
      await sweepBooks({ db, log, metrics });
    }),
    repeat("provider's books", BOOKS_SWEEP_MS, context, async () => {
      if (provider !== undefined) await sweepProvider({ db, log, metrics, provider });
    }),
  ];
}

/** What is told, what is asked for and what was left half way: each ends the same payments. */
function sweepMoney(
  given: Pick<PayDeps, "db" | "redis" | "queue"> & { chains: Chains; payments: Payments },
  context: Parameters<typeof repeat>[2],
): Promise<void>[] {
  const { payments, ...deps } = given;
  const { provider, stripe } = payments;
  const sweep = repeat("payment sweep", PAYMENT_SWEEP_MS, context, async () => {
    await expireOrders(deps);
    if (provider !== undefined) await sweepPayments({ ...deps, provider, log });
  });
  const vouchers = repeat("vouchers", PAYMENT_SWEEP_MS, context, async () => {
    await endVouchers({ ...deps, log });
  });
  if (stripe === undefined || provider === undefined) return [sweep, vouchers];
  const eventDeps = { ...deps, provider, log, clock: systemClock, stripe: stripe.client };
  const handle = serialise(async () => {
    while (!context.signal.aborted && (await handleEvents(eventDeps)) === EVENTS_PER_ROUND);
  });
  const { db } = deps;
  const onEvent = () => void handle().catch(warnUnlessBug("events wait"));
  db.listen(EVENTS_CHANNEL, onEvent, context.signal);
  return [
    ...[sweep, vouchers],
    repeat("events", PAYMENT_SWEEP_MS, context, handle),
    repeat("event poll", EVENT_POLL_MS, context, async () => {
      await pollEvents(eventDeps);
      await handle();
    }),
  ];
}

/** Thrown on, a bug is nobody's to handle and ends the process; the sweeps repeat the rest. */
function warnUnlessBug(what: string): (error: unknown) => void {
  return (err) => {
    if (err instanceof Bug) throw err;
    log.warn({ err }, what);
  };
}

function minterKeysOrExit({ minterKeys: [first, ...more] }: Env): [string, ...string[]] {
  if (first !== undefined) return [first, ...more];
  fail(new Error("The variable MINTER_KEY is not set: the worker has no key to mint with."));
}
