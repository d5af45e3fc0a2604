// The API process: opens what it needs, proves that it is the right thing, listens, ends in order.
import { createApp } from "./app.ts";
import { nameOperators } from "./auth/grant-role.ts";
import { answerUnparsed } from "./edge/unparsed.ts";
import { createDevelopmentProvider } from "./pay/development-provider.ts";
import { systemClock } from "./platform/clock.ts";
import { closeHttp, listen } from "./platform/http.ts";
import { createLog } from "./platform/log.ts";
import { envOrExit, openParts } from "./platform/parts.ts";
import { runProcess } from "./platform/process.ts";
import { openMintQueue } from "./queue/mint-queue.ts";

const CONNECTIONS_MAX = 20;

const env = envOrExit();
const log = createLog({ name: "api", level: env.logLevel });

await runProcess({
  log,
  start: async (stopping) => {
    const parts = await openParts({ env, name: "api", log, connectionsMax: CONNECTIONS_MAX });
    const { db, redis } = parts;
    await nameOperators({ db, clock: systemClock }, env.operators);
    const queue = openMintQueue({ redisUrl: env.redisUrl, log });
    const provider =
      env.paymentProvider === "development" ? createDevelopmentProvider(env) : undefined;
    const app = createApp({
      ...parts,
      ...{ queue, provider, log, stopping, env },
      clock: systemClock,
    });
    const server = await listen(app, { host: env.host, port: env.port });
    answerUnparsed(server, log);
    return {
      ready: { url: env.publicUrl.origin },
      stop: [
        { name: "http", run: () => closeHttp(server) },
        { name: "queue", run: () => queue.close() },
        { name: "redis", run: () => redis.disconnect() },
        { name: "postgres", run: () => db.close() },
      ],
    };
  },
});
