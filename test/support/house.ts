// The whole product in one process for a suite: real Postgres, Redis and chain, a server on a free port.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { generatePrivateKey } from "viem/accounts";
import { type Client, createClient as createApiClient } from "#scripts/demo-client.ts";
import { deployDevelopment, deploymentOf } from "#scripts/deployment/deploy-development.ts";
import type { DeploymentRecord, RecordStore } from "#scripts/deployment/record.ts";
import { seedDemo } from "#scripts/seed.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { createApp } from "#server/app.ts";
import { nameOperators } from "#server/auth/grant-role.ts";
import { type EventRef, parseEventId } from "#server/domain/ticket-id.ts";
import { answerUnparsed } from "#server/edge/unparsed.ts";
import { createMinter, type Minter } from "#server/mint/mint-event.ts";
import type { MintStore } from "#server/mint/mint-store.ts";
import { openMintStore } from "#server/mint/sql-mint-store.ts";
import { openPayments, type Payments } from "#server/pay/open-payments.ts";
import type { PaymentProvider } from "#server/pay/provider.ts";
import { createVoucherSigner, type VoucherSigner } from "#server/pay/voucher/voucher-signer.ts";
import { type Chain, type Chains, openChains } from "#server/platform/chain.ts";
import { chainChecks, databaseCheck, redisCheck } from "#server/platform/checks.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import type { Replica } from "#server/platform/db/replica.ts";
import { type Deployment, type Env, readEnv } from "#server/platform/env.ts";
import { closeHttp, listen } from "#server/platform/http.ts";
import { createLog, type Log } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { openRedis, type RedisClient, waitForRedis } from "#server/platform/redis.ts";
import { createLocalSigner } from "#server/platform/tx/signer.ts";
import { organiserAsker } from "#server/platform/tx/signers/open-keys.ts";
import { createQueueBoard } from "#server/queue/queue-board.ts";
import { openWakeQueue, type WakeQueue } from "#server/queue/wake-queue.ts";
import { catchUp } from "./catch-up.ts";
import { createDatabase } from "./database.ts";
import { requireVariable } from "./variables.ts";

export interface House {
  url: string;
  databaseUrl: string;
  db: Db;
  /** What the mint pipeline sees of the database. */
  store: MintStore;
  indexerDb: Db;
  redis: RedisClient;
  chains: Chains;
  chain: Chain;
  queue: WakeQueue;
  provider: PaymentProvider;
  /** Signs for wallets that pay on chain. */
  vouchers: VoucherSigner;
  /** Where the provider is Stripe. */
  stripe: Payments["stripe"];
  minter: Minter;
  log: Log;
  event: EventRef;
  eventId: string;
  /** The demo event of each collection; eventId is the first. */
  eventIds: string[];
  /** Mirrors the chain until it has caught up. */
  mirror(): Promise<void>;
  /** A signed-in fan with a wallet of its own. */
  fan(): Promise<Client>;
  gate(): Promise<Client>;
  /** Operates the platform, as the environment says. */
  operator(): Promise<Client>;
  /** Runs the demo events. */
  organiser(): Promise<Client>;
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 20;
/** Long enough for a request that is still being done; what is away is a suite's own business. */
const CLIENT_WAIT_MS_MAX = 1_000;

export interface HouseOptions {
  clock?: Clock;
  /** Deploys the contracts that handle money as well, so that events get a market and a split. */
  modules?: boolean;
  /** So many blocks are above a final one, where a suite takes back more than the local chain's. */
  finality?: number;
  /** Contracts side by side on the one chain, each with a demo event; their ids count from 1. */
  collections?: number;
  /** Suites ask far more often than a fan; those about limits multiply the real ones. */
  limitScale?: number;
  trustProxy?: string;
  /** What reads along; else nobody does. */
  log?: Log;
  /** What the events are in on chain, by ISO code; made before they are. */
  currencies?: (rpcUrl: string) => Promise<NonNullable<Deployment["currencies"]>>;
  /** Cards are paid at a fake Stripe instead of with the development provider. */
  stripe?: { apiUrl: string; webhookSecret: string };
  /** Replicas that lookups may be answered from, by addresses of the suite's database. */
  replicas?: (databaseUrl: string) => Promise<readonly Replica[]>;
  /** Puts a wire in front of a service: answers the address to use instead. */
  through?: (service: "postgres" | "redis" | "chain", url: string) => Promise<string>;
}

const voucherKey = async () => createLocalSigner(anvilAccount(ANVIL_ROLES.voucher).privateKey);

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const { clock = systemClock, through = async (_service, url) => url } = options;
  const database = await createDatabase();
  const redisUrl = await through("redis", requireVariable("TEST_REDIS_URL"));
  const rpcUrl = await through("chain", requireVariable("TEST_RPC_URL"));
  const { deployments, eventIds } = await openCollections({
    ...{ rpcUrl, databaseUrl: database.url, count: options.collections ?? 1 },
    modules: options.modules === true,
    finality: options.finality,
    currencies: await options.currencies?.(rpcUrl),
  });
  const [deployment] = deployments as [Deployment];
  const [eventId] = eventIds as [string];
  const level = process.env.TEST_LOG_LEVEL ?? "silent";
  const log = options.log ?? createLog({ name: "test", level });
  const databaseUrl = await through("postgres", database.url);
  const open = { url: databaseUrl, log, connectionsMax: CONNECTIONS_MAX };
  const db = await openDb({ ...open, role: "stagedoor_server", readsByIndex: true });
  const indexerDb = await openDb({ ...open, role: "stagedoor_indexer" });
  const redis = openRedis({ url: redisUrl, use: "request", log });
  await waitForRedis(redis);
  await redis.flushdb();
  const queues = openQueues({ redisUrl, log });
  const chains = openChains(deployments);
  const chain = chains.get(deployment.id) as Chain;
  const { port, env } = await chooseAddress({ deployments, redisUrl, database, options });
  const { provider, stripe } = openPayments({ env, db, log });
  if (provider === undefined) throw new Error("a house takes payments");
  const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.minter).privateKey);
  const metrics = createMetrics("test");
  const store = openMintStore(db);
  const minter = createMinter({ store, chains, metrics, log, signers: [signer], holder: "test" });
  const stopping = new AbortController();
  const replicas = (await options.replicas?.(database.url)) ?? [];
  const shared = { db, replicas, redis, chains, ...queues, provider, clock, log, metrics };
  const stripeOrigin = stripe?.origin;
  const vouchers = createVoucherSigner(voucherKey);
  const server = await serve({ ...shared, stripeOrigin, vouchers }, { port, env, stopping });
  const url = env.publicUrl.origin;
  const signIn = async (key: `0x${string}`) => {
    const client = createApiClient(url, key, { waitMsMax: CLIENT_WAIT_MS_MAX });
    await client.signIn();
    return client;
  };
  return {
    ...{ url, db, store, indexerDb, redis, chains, chain, log },
    ...{ queue: queues.queue, provider, vouchers, stripe, minter, eventId, eventIds },
    databaseUrl: database.url,
    event: parseEventId(eventId),
    mirror: async () => {
      for (const each of chains.values()) {
        await catchUp({ db: indexerDb, chain: each, log, metrics });
      }
    },
    fan: () => signIn(generatePrivateKey()),
    gate: () => signIn(anvilAccount(ANVIL_ROLES.gate).privateKey),
    operator: () => signIn(anvilAccount(ANVIL_ROLES.admin).privateKey),
    organiser: () => signIn(anvilAccount(ANVIL_ROLES.organiser).privateKey),
    close: async () => {
      stopping.abort();
      await cutOff(server);
      for (const each of Object.values(queues)) each.close();
      redis.disconnect();
      for (const each of replicas) await each.close();
      await db.close();
      await indexerDb.close();
      await database.drop();
    },
  };
}

/** Nobody's last request is on its way, as one may be where a product stops. */
async function cutOff(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

function openQueues(deps: { redisUrl: string; log: Log }) {
  return {
    queue: openWakeQueue({ ...deps, name: "mint" }),
    publishQueue: openWakeQueue({ ...deps, name: "publish" }),
    queueBoard: createQueueBoard(deps),
  };
}

async function openCollections(given: {
  rpcUrl: string;
  databaseUrl: string;
  count: number;
  modules: boolean;
  finality: number | undefined;
  currencies: Deployment["currencies"];
}): Promise<{ deployments: Deployment[]; eventIds: string[] }> {
  const deployments: Deployment[] = [];
  const eventIds: string[] = [];
  for (let id = 1; id <= given.count; id += 1) {
    const { finality, currencies } = given;
    const made = await deploy(given.rpcUrl, id, given.modules);
    const deployment = {
      ...{ ...made, ...(finality === undefined ? {} : { finality }) },
      ...(currencies === undefined ? {} : { currencies }),
    };
    const seed = { databaseUrl: given.databaseUrl, deployment, log: () => undefined };
    deployments.push(deployment);
    eventIds.push((await seedDemo(seed)).eventId);
  }
  return { deployments, eventIds };
}

/** A name of its own, so that every suite finds a new contract on the one chain. */
async function deploy(rpcUrl: string, id: number, modules: boolean): Promise<Deployment> {
  let record: DeploymentRecord | undefined;
  const store: RecordStore = {
    read: () => record,
    write: (written) => {
      record = written;
    },
  };
  const collection = `test-${randomBytes(8).toString("hex")}`;
  const note = () => undefined;
  const made = await deployDevelopment({ rpcUrl, collection, store, note });
  const { modules: all, ...deployment } = deploymentOf(made, { id, rpcUrl });
  return modules ? { ...deployment, modules: all } : deployment;
}

/** The port is chosen first: sign-in messages name it. */
async function chooseAddress(given: {
  deployments: Deployment[];
  redisUrl: string;
  database: { url: string };
  options: HouseOptions;
}): Promise<{ port: number; env: Env }> {
  const { deployments, redisUrl, database, options } = given;
  const probe = await listen(() => undefined, { host: "127.0.0.1", port: 0 });
  const { port } = probe.address() as AddressInfo;
  await closeHttp(probe);
  const env = readEnv({
    NODE_ENV: "development",
    PUBLIC_URL: `http://localhost:${port}`,
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    DEPLOYMENTS: JSON.stringify(deployments),
    ...paymentVariables(options),
    WALLET: "development",
    ORGANISER_KEY: anvilAccount(ANVIL_ROLES.organiser).privateKey,
    TRUST_PROXY: options.trustProxy ?? "",
    RATE_LIMIT_SCALE: String(options.limitScale ?? 0),
    STAGEDOOR_OPERATORS: anvilAccount(ANVIL_ROLES.admin).address,
  });
  return { port, env };
}

function paymentVariables({ stripe }: HouseOptions): Record<string, string> {
  if (stripe === undefined) return { PAYMENT_PROVIDER: "development" };
  return {
    PAYMENT_PROVIDER: "stripe",
    STRIPE_SECRET_KEY: "sk_test_house",
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    STRIPE_API_URL: stripe.apiUrl,
  };
}

async function serve(
  shared: Omit<Parameters<typeof createApp>[0], "checks" | "stopping" | "env" | "askOrganiser">,
  { port, env, stopping }: { port: number; env: Env; stopping: AbortController },
): Promise<Server> {
  const { db, redis, chains } = shared;
  await nameOperators(shared, env.operators);
  const checks = [databaseCheck(db), redisCheck(redis), ...chainChecks(chains)];
  const askOrganiser = organiserAsker(env, shared);
  const given = { ...shared, checks, askOrganiser, env };
  const { answer, messages } = createApp({ ...given, stopping: stopping.signal });
  const server = await listen(answer, { host: "127.0.0.1", port, messages });
  answerUnparsed(server, shared.log);
  return server;
}
