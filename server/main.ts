// The API process: opens what it needs, proves that it is the right thing, listens, ends in order.
import { createApp } from "./app.ts";
import { nameOperators } from "./auth/grant-role.ts";
import { answerUnparsed } from "./edge/unparsed.ts";
import { openPayments } from "./pay/open-payments.ts";
import { createVoucherSigner } from "./pay/voucher/voucher-signer.ts";
import { systemClock } from "./platform/clock.ts";
import { openReplica } from "./platform/db/replica.ts";
import { closeHttp, listen } from "./platform/http.ts";
import { createLog } from "./platform/log.ts";
import { envOrExit, openParts } from "./platform/parts.ts";
import { runProcess } from "./platform/process.ts";
import { keyAsker, organiserAsker } from "./platform/tx/signers/open-keys.ts";
import { createQueueBoard } from "./queue/queue-board.ts";
import { openWakeQueue } from "./queue/wake-queue.ts";

const CONNECTIONS_MAX = 20;
/** After its limit the server ends its connections, which takes a moment. */
const DRAIN_MARGIN_MS = 1_000;
/** A Postgres that says nothing does not hear a farewell either. */
const CLOSE_MS = 2_000;

const env = envOrExit();
const log = createLog({ name: "api", level: env.logLevel });

await runProcess({
  log,
  start: async (stopping) => {
    const pool = { connectionsMax: CONNECTIONS_MAX, readsByIndex: true };
    const parts = await openParts({ env, name: "api", log, ...pool });
    const { db, redis } = parts;
    await nameOperators({ db, clock: systemClock }, env.operators);
    const replicas = env.lookups.databaseUrls.map((url) =>
      openReplica({ url, connectionsMax: CONNECTIONS_MAX }),
    );
    const { redisUrl } = env;
    const queue = openWakeQueue({ name: "mint", redisUrl, log });
    const publishQueue = openWakeQueue({ name: "publish", redisUrl, log });
    const queueBoard = createQueueBoard({ redisUrl, log });
    const { provider, stripe } = openPayments({ env, db, log });
    const keyDeps = { clock: systemClock, log };
    const { voucherKey } = env;
    const { answer, messages } = createApp({
      ...parts,
      ...{ replicas, queue, publishQueue, queueBoard, provider, log, stopping, env },
      askOrganiser: organiserAsker(env, keyDeps),
      stripeOrigin: stripe?.origin,
      vouchers:
        voucherKey === undefined
          ? undefined
          : createVoucherSigner(keyAsker(voucherKey, env, keyDeps)),
      clock: systemClock,
    });
    const server = await listen(answer, { host: env.host, port: env.port, messages });
    answerUnparsed(server, log);
    return {
      ready: { url: env.publicUrl.origin },
      stop: [
        // Refused connections would be somebody's: first balancers hear of it by /readyz.
        { name: "grace", run: () => systemClock.sleep(env.graceMs) },
        {
          name: "http",
          run: () => closeHttp(server, env.drainMs),
          limitMs: env.drainMs + DRAIN_MARGIN_MS,
        },
        { name: "queue", run: () => queue.close() },
        { name: "queue board", run: () => queueBoard.close() },
        { name: "publish queue", run: () => publishQueue.close() },
        { name: "redis", run: () => redis.disconnect() },
        ...replicas.map(({ close }) => ({ name: "replica", run: close, limitMs: CLOSE_MS })),
        { name: "postgres", run: () => db.close(), limitMs: CLOSE_MS },
      ],
    };
  },
});
