// The whole product in one process for a suite: real Postgres, Redis and chain, a server on a free port.

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { generatePrivateKey } from "viem/accounts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { syncStep } from "#indexer/sync.ts";
import { type Client, createClient as createApiClient } from "#scripts/demo-client.ts";
import { deployModules, deployTickets } from "#scripts/deploy.ts";
import { seedDemo } from "#scripts/seed.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { createApp } from "#server/app.ts";
import { nameOperators } from "#server/auth/grant-role.ts";
import { Fault } from "#server/domain/failure.ts";
import { type EventRef, parseEventId } from "#server/domain/ticket-id.ts";
import { answerUnparsed } from "#server/edge/unparsed.ts";
import { createMinter, type Minter } from "#server/mint/mint-event.ts";
import { createLocalSigner } from "#server/mint/signer.ts";
import { createDevelopmentProvider } from "#server/pay/development-provider.ts";
import type { PaymentProvider } from "#server/pay/provider.ts";
import { type Chain, type Chains, openChains } from "#server/platform/chain.ts";
import { chainChecks, databaseCheck, redisCheck } from "#server/platform/checks.ts";
import { type Clock, systemClock } from "#server/platform/clock.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { LOCAL_CHAIN_ID } from "#server/platform/development.ts";
import { type Deployment, readEnv } from "#server/platform/env.ts";
import { closeHttp, listen } from "#server/platform/http.ts";
import { createLog, type Log } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { openRedis, type RedisClient, waitForRedis } from "#server/platform/redis.ts";
import { type MintQueue, openMintQueue } from "#server/queue/mint-queue.ts";
import { createDatabase } from "./database.ts";
import { requireVariable } from "./variables.ts";

export interface House {
  url: string;
  databaseUrl: string;
  db: Db;
  indexerDb: Db;
  redis: RedisClient;
  chains: Chains;
  chain: Chain;
  queue: MintQueue;
  provider: PaymentProvider;
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
const MIRROR_TIMEOUT_MS = 15_000;
const FAULT_WAIT_MS = 100;
/** Long enough for a request that is still being done; what is away is a suite's own business. */
const CLIENT_WAIT_MS_MAX = 1_000;

export interface HouseOptions {
  clock?: Clock;
  /** Contracts side by side on the one chain, each with a demo event; their ids count from 1. */
  collections?: number;
  /** Also the contracts around Tickets, where the money is. */
  modules?: true;
  /** Suites ask far more often than a fan; those about limits multiply the real ones. */
  limitScale?: number;
  trustProxy?: string;
  /** Puts a wire in front of a service: answers the address to use instead. */
  through?: (service: "postgres" | "redis" | "chain", url: string) => Promise<string>;
}

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const { clock = systemClock, through = async (_service, url) => url } = options;
  const database = await createDatabase();
  const redisUrl = await through("redis", requireVariable("TEST_REDIS_URL"));
  const rpcUrl = await through("chain", requireVariable("TEST_RPC_URL"));
  const { deployments, eventIds } = await openCollections({
    ...{ rpcUrl, databaseUrl: database.url, count: options.collections ?? 1 },
    modules: options.modules === true,
  });
  const [deployment] = deployments as [Deployment];
  const [eventId] = eventIds as [string];
  const log = createLog({ name: "test", level: process.env.TEST_LOG_LEVEL ?? "silent" });
  const databaseUrl = await through("postgres", database.url);
  const open = { url: databaseUrl, log, connectionsMax: CONNECTIONS_MAX };
  const db = await openDb({ ...open, role: "stagedoor_server" });
  const indexerDb = await openDb({ ...open, role: "stagedoor_indexer" });
  const redis = openRedis({ url: redisUrl, use: "request", log });
  await waitForRedis(redis);
  await redis.flushdb();
  const queue = openMintQueue({ redisUrl, log });
  const chains = openChains(deployments);
  const chain = chains.get(deployment.id) as Chain;
  const provider = createDevelopmentProvider({ nodeEnv: "development", deployments });
  const signer = createLocalSigner(anvilAccount(ANVIL_ROLES.minter).privateKey);
  const metrics = createMetrics("test");
  const minter = createMinter({ db, chains, metrics, log, signer, holder: "test" });
  const stopping = new AbortController();
  const shared = { db, redis, chains, queue, provider, clock, log, metrics };
  const { server, url } = await serve(shared, {
    ...{ deployments, redisUrl, database, stopping, options },
  });
  const signIn = async (key: `0x${string}`) => {
    const client = createApiClient(url, key, { waitMsMax: CLIENT_WAIT_MS_MAX });
    await client.signIn();
    return client;
  };
  return {
    ...{ url, db, indexerDb, redis, chains, chain, queue, provider, minter, log },
    ...{ eventId, eventIds },
    databaseUrl: database.url,
    event: parseEventId(eventId),
    mirror: async () => {
      for (const each of chains.values()) {
        await mirrorAll({ db: indexerDb, chain: each, log, metrics });
      }
    },
    fan: () => signIn(generatePrivateKey()),
    gate: () => signIn(anvilAccount(ANVIL_ROLES.gate).privateKey),
    operator: () => signIn(anvilAccount(ANVIL_ROLES.admin).privateKey),
    organiser: () => signIn(anvilAccount(ANVIL_ROLES.organiser).privateKey),
    close: async () => {
      stopping.abort();
      await closeHttp(server);
      queue.close();
      redis.disconnect();
      await db.close();
      await indexerDb.close();
      await database.drop();
    },
  };
}

async function openCollections(given: {
  rpcUrl: string;
  databaseUrl: string;
  count: number;
  modules: boolean;
}): Promise<{ deployments: Deployment[]; eventIds: string[] }> {
  const deployments: Deployment[] = [];
  const eventIds: string[] = [];
  for (let id = 1; id <= given.count; id += 1) {
    const bare = await deploy(given.rpcUrl, id);
    const deployment = given.modules ? await withModules(bare) : bare;
    const seed = { databaseUrl: given.databaseUrl, deployment, log: () => undefined };
    deployments.push(deployment);
    eventIds.push((await seedDemo(seed)).eventId);
  }
  return { deployments, eventIds };
}

async function deploy(rpcUrl: string, id: number): Promise<Deployment> {
  const address = (index: number) => anvilAccount(index).address;
  const { tickets, startBlock } = await deployTickets({
    rpcUrl,
    chainId: LOCAL_CHAIN_ID,
    adminKey: anvilAccount(ANVIL_ROLES.admin).privateKey,
    roles: {
      minter: address(ANVIL_ROLES.minter),
      gate: address(ANVIL_ROLES.gate),
      organiser: address(ANVIL_ROLES.organiser),
      refunder: address(ANVIL_ROLES.refunder),
    },
  });
  const lower = tickets.toLowerCase() as `0x${string}`;
  return { id, chainId: LOCAL_CHAIN_ID, rpcUrl, tickets: lower, startBlock };
}

async function withModules(deployment: Deployment): Promise<Deployment> {
  const { rpcUrl, chainId, tickets } = deployment;
  const adminKey = anvilAccount(ANVIL_ROLES.admin).privateKey;
  const modules = await deployModules({ rpcUrl, chainId, adminKey, tickets });
  const [chain] = openChains([deployment]).values();
  const call = { address: tickets, abi: ticketsAbi, functionName: "renderer" } as const;
  const renderer = await (chain as Chain).client.readContract(call);
  const lower = Object.entries({ ...modules, renderer }).map(([name, address]) => [
    name,
    address.toLowerCase(),
  ]);
  return { ...deployment, modules: Object.fromEntries(lower) };
}

async function serve(
  shared: Pick<
    Parameters<typeof createApp>[0],
    "db" | "redis" | "chains" | "queue" | "provider" | "clock" | "log" | "metrics"
  >,
  given: {
    deployments: Deployment[];
    redisUrl: string;
    database: { url: string };
    stopping: AbortController;
    options: HouseOptions;
  },
): Promise<{ server: Server; url: string }> {
  const { deployments, redisUrl, database, stopping, options } = given;
  // The port is chosen first: sign-in messages name it.
  const probe = await listen(() => undefined, { host: "127.0.0.1", port: 0 });
  const { port } = probe.address() as AddressInfo;
  await closeHttp(probe);
  const url = `http://localhost:${port}`;
  const env = readEnv({
    NODE_ENV: "development",
    PUBLIC_URL: url,
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    DEPLOYMENTS: JSON.stringify(deployments),
    PAYMENT_PROVIDER: "development",
    WALLET: "development",
    TRUST_PROXY: options.trustProxy ?? "",
    RATE_LIMIT_SCALE: String(options.limitScale ?? 0),
    STAGEDOOR_OPERATORS: anvilAccount(ANVIL_ROLES.admin).address,
  });
  const { db, redis, chains } = shared;
  await nameOperators(shared, env.operators);
  const checks = [databaseCheck(db), redisCheck(redis), ...chainChecks(chains)];
  const app = createApp({ ...shared, checks, stopping: stopping.signal, env });
  const server = await listen(app, { host: "127.0.0.1", port });
  answerUnparsed(server, shared.log);
  return { server, url };
}

async function mirrorAll(deps: Parameters<typeof syncStep>[0]): Promise<void> {
  const endMs = systemClock.monotonicMs() + MIRROR_TIMEOUT_MS;
  while (systemClock.monotonicMs() < endMs) {
    try {
      if (await syncStep(deps)) return;
    } catch (error) {
      // As the indexer's own loop: a chain in the middle of a reorg is asked again.
      if (!(error instanceof Fault)) throw error;
      await systemClock.sleep(FAULT_WAIT_MS);
    }
  }
  throw new Error(`the mirror did not catch up within ${MIRROR_TIMEOUT_MS} ms`);
}
