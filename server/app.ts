// The API and the web app as one that answers, without a port: tests and main.ts give it one.
import type { RequestListener } from "node:http";
import express, { type Express } from "express";
import helmet from "helmet";
import type { Handlers } from "./api/handler.ts";
import { createFinder } from "./auth/find-together.ts";
import { authHandlers } from "./auth/http.ts";
import { passkeyHandlers } from "./auth/passkey-http.ts";
import { canHavePasskeys } from "./auth/relying-party.ts";
import { type RoleWish, requireRole } from "./auth/role.ts";
import { roleHandlers } from "./auth/role-http.ts";
import { findAllByHash, hashToken, recallByHash } from "./auth/session.ts";
import { createSessionMemory } from "./auth/session-memory.ts";
import { serveDocs } from "./docs/serve.ts";
import { Refusal } from "./domain/failure.ts";
import { VOUCHER_PROVIDER } from "./domain/money.ts";
import { parseEventId } from "./domain/ticket-id.ts";
import { headOf, setHead } from "./edge/head.ts";
import { createLimiter } from "./edge/limit.ts";
import { type Messages, messagesOf } from "./edge/messages.ts";
import { mountRoutes } from "./edge/mount.ts";
import { serveBoard } from "./edge/serve-board.ts";
import { createFail, createTrace, type Fail } from "./edge/trace.ts";
import { serveWeb } from "./edge/web.ts";
import { eventHandlers } from "./event/http.ts";
import { organiserHandlers } from "./event/organiser-http.ts";
import { gateHandlers } from "./gate/http.ts";
import { holdHandlers } from "./hold/http.ts";
import { createSeatStateReader } from "./hold/read-seat-states.ts";
import { createSaleReader } from "./hold/sale.ts";
import { createSeatBoards } from "./hold/seat-board.ts";
import { createSeatFeed } from "./hold/seat-feed.ts";
import { lookupHandlers } from "./lookup/http.ts";
import { createReplicas } from "./lookup/replicas.ts";
import { noticeHandlers } from "./notify/http.ts";
import { payHandlers } from "./pay/http.ts";
import type { PaymentProvider } from "./pay/provider.ts";
import { findEventOfOrder } from "./pay/refund/read-refunds.ts";
import type { Origin } from "./pay/stripe/receive-event.ts";
import type { VoucherSigner } from "./pay/voucher/voucher-signer.ts";
import type { Chains } from "./platform/chain.ts";
import type { Clock } from "./platform/clock.ts";
import type { Db } from "./platform/db/client.ts";
import type { Replica } from "./platform/db/replica.ts";
import type { Env } from "./platform/env.ts";
import { type Check, createReadiness } from "./platform/health.ts";
import type { Log } from "./platform/log.ts";
import type { Metrics } from "./platform/metrics.ts";
import type { RedisClient } from "./platform/redis.ts";
import type { QueueBoard } from "./queue/queue-board.ts";
import type { WakeQueue } from "./queue/wake-queue.ts";
import { riskHandlers } from "./risk/http.ts";
import { createProofClassReader } from "./risk/phase.ts";
import { requireProof } from "./risk/proof.ts";
import { webhookHandlers } from "./webhook/http.ts";

export interface AppDeps {
  db: Db;
  /** For lookups alone: they are late, and whatever is for sale is asked of `db`. */
  replicas: readonly Replica[];
  redis: RedisClient;
  chains: Chains;
  /** Of paid tickets. */
  queue: WakeQueue;
  /** Of events on their way to the chain. */
  publishQueue: WakeQueue;
  /** For the operator. */
  queueBoard: QueueBoard;
  provider: PaymentProvider | undefined;
  /** Signs for wallets that pay on chain; none without its key. */
  vouchers: VoucherSigner | undefined;
  /** Who puts events on the chain; nobody without its key. A key service may not answer. */
  askOrganiser: () => Promise<`0x${string}` | undefined>;
  /** Whose webhooks are taken; none where the provider is not Stripe. */
  stripeOrigin: Origin | undefined;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  checks: readonly Check[];
  stopping: AbortSignal;
  env: Pick<
    Env,
    "nodeEnv" | "publicUrl" | "lookups" | "deployments" | "wallet" | "trustProxy" | "rateLimitScale"
  >;
}

export interface App {
  answer: RequestListener;
  /** What the server must make of what it reads: `answer` takes nothing else. */
  messages: Messages;
}

export function createApp(given: AppDeps): App {
  const readSessions = (tokenHashes: readonly string[]) => findAllByHash(given, tokenHashes);
  const deps = { ...given, sessionMemory: createSessionMemory({ ...given, readSessions }) };
  const { env, log, metrics } = deps;
  const fail = createFail(log);
  const app = express();
  const messages = messagesOf(app);
  app.disable("x-powered-by");
  app.set("query parser", "simple");
  app.set("trust proxy", [...env.trustProxy]);
  serveOperators(app, deps);
  const proofDeps = { ...deps, readProofClass: createProofClassReader(deps) };
  const access = accessOf(deps, fail);
  const answerOrdinary = mountRoutes(app, {
    ...access,
    handlers: { ...createHandlers(deps), ...riskHandlers(proofDeps) },
    requireProof: ({ eventId, caller: { sessionId }, payload }) =>
      requireProof(proofDeps, { holder: { event: parseEventId(eventId), sessionId }, payload }),
    findEventOfOrder: (orderId) => findEventOfOrder(deps.db, orderId),
  });
  serveBoard(app, deps.queueBoard, access);
  serveDocs(app);
  serveWeb(app);
  app.use((request, response) => {
    fail(request, response, new Refusal("request/not-found", "There is no such route."));
  });
  app.use(((error, request, response, _next) => {
    fail(request, response, error);
  }) satisfies express.ErrorRequestHandler);
  const constants = headOf(helmet(securityHeaders(env.publicUrl)));
  const trace = createTrace({ log, metrics, constants });
  const answer = (request: express.Request, response: express.Response) => {
    trace(request, response);
    if (answerOrdinary(request, response)) return;
    setHead(response);
    app(request, response);
  };
  return { answer: answer as RequestListener, messages };
}

/** Who calls, how often, and what a wallet may do. */
function accessOf(deps: AppDeps & Parameters<typeof createFinder>[0], fail: Fail) {
  const { env } = deps;
  return {
    sessions: {
      hash: hashToken,
      recall: (tokenHash: string) => recallByHash(deps, tokenHash),
      find: createFinder(deps),
    },
    count: createLimiter({ ...deps, limitScale: env.rateLimitScale }),
    authorise: (wish: RoleWish) => requireRole(deps, wish),
    publicUrl: env.publicUrl,
    fail,
  };
}

function createHandlers(deps: AppDeps): Omit<Handlers, "createChallenge"> {
  const { env } = deps;
  const readSale = createSaleReader(deps);
  const holdDeps = { ...deps, readSale };
  const readSeatStates = createSeatStateReader(holdDeps);
  const readSeatBoard = createSeatBoards(holdDeps);
  return {
    ...authHandlers({ ...deps, publicUrl: env.publicUrl }),
    ...passkeyHandlers({ ...deps, publicUrl: env.publicUrl }),
    ...roleHandlers(deps),
    ...eventHandlers(deps),
    ...organiserHandlers(deps),
    ...holdHandlers({
      ...{ ...holdDeps, readSeatStates, readSeatBoard },
      seatFeed: createSeatFeed(holdDeps),
    }),
    ...payHandlers(holdDeps),
    ...lookupHandlers({
      ...deps,
      replicas: createReplicas({ ...deps, lagMaxMs: env.lookups.lagMaxMs }),
    }),
    ...noticeHandlers(deps),
    ...gateHandlers(deps),
    ...webhookHandlers({ db: deps.db, local: env.nodeEnv === "development" }),
    getConfig: async () => ({
      body: {
        deployments: env.deployments.map(({ id, chainId, tickets, modules, currencies = {} }) => ({
          ...{ id, chainId, tickets },
          // Without a box office nothing is sold on chain, whatever tokens are known.
          currencies: modules === undefined ? [] : Object.keys(currencies),
        })),
        paymentProviders: [
          ...(deps.provider === undefined ? [] : [deps.provider.name]),
          ...(deps.vouchers === undefined ? [] : [VOUCHER_PROVIDER]),
        ],
        passkeys: canHavePasskeys(env.publicUrl),
        developmentWallet: env.wallet === "development",
      },
    }),
  };
}

function serveOperators(app: Express, { checks, stopping, metrics, clock }: AppDeps): void {
  const readiness = createReadiness({ checks, clock, signal: stopping });
  app.get("/healthz", (_request, response) => {
    response.type("text/plain").send("ok\n");
  });
  app.get("/readyz", async (_request, response) => {
    const state = await readiness();
    response.status(state.ready ? 200 : 503).json(state);
  });
  app.get("/metrics", async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
}

/** Nothing from another host, no inline script: an injected line has nowhere to go. */
function securityHeaders(publicUrl: URL) {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        objectSrc: ["'none'"],
      },
    },
    strictTransportSecurity: publicUrl.protocol === "https:",
    crossOriginEmbedderPolicy: false,
    // What only browsers and plug-ins that are no more have read.
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  };
}
