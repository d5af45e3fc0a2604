// The real processes, each a process of the system behind wires of its own, kept alive until the rig ends.
import { join } from "node:path";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { startChild } from "#scripts/services/child.ts";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { findFreePort } from "#scripts/services/ports.ts";
import { startProcess } from "#scripts/up-processes.ts";
import { type Wire, wireTo } from "../support/proxy.ts";
import { type Balancer, openBalancer } from "./balancer.ts";
import { type Kept, keep, type Life } from "./kept.ts";
import { openStage, type Stage, type StageOptions } from "./stage.ts";

export const PROCESSES = ["api-1", "api-2", "worker-1", "worker-2", "indexer"] as const;
export const SERVICES = ["postgres", "redis", "chain", "stripe"] as const;
export type ProcessName = (typeof PROCESSES)[number];
export type ServiceName = (typeof SERVICES)[number];
export type PartName = ProcessName | "postgres" | "redis" | "chain";

export interface Rig {
  stage: Stage;
  balancer: Balancer;
  /** Where the fake Stripe answers, without a wire, and where fans pay. */
  stripe: { apiUrl: string; pageUrl: string };
  part(name: PartName): Kept;
  /** What one process has between itself and a service; the indexer has none to Redis. */
  wire(process: ProcessName, service: ServiceName): Wire | undefined;
  logs: string;
  close(): Promise<void>;
}

export interface RigOptions extends StageOptions {
  seed: number;
  say: (text: string) => void;
}

const SCRIPTS = { api: "server/main.ts", worker: "server/worker.ts", indexer: "indexer/main.ts" };
const STRIPE_READY_MS = 20_000;

export async function openRig(options: RigOptions): Promise<Rig> {
  const { seed, say } = options;
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of closers.toReversed()) await end();
  };
  try {
    const stage = await openStage(options);
    closers.push(() => stage.close());
    const logs = join(stage.folder, "logs");
    const parts = new Map<string, Kept>();
    const keepPart = async (name: string, start: () => Promise<Life>) => {
      parts.set(name, await keep(name, { start, say }));
    };
    for (const { service, startAgain } of stage.services.running) {
      let first: Life | undefined = service;
      await keepPart(service.name, async () => {
        const life = first ?? (await startAgain());
        first = undefined;
        return life;
      });
    }
    closers.push(() => closeParts(parts, ["chain", "redis", "postgres"]));
    const balancer = await openBalancer();
    closers.push(() => balancer.close());
    const stripe = await startStripe({ logs, webhooksTo: balancer.url, seed });
    closers.push(() => stripe.stop());
    const { webhookSecret } = stripe;
    const wires = await openWires(stage, stripe.apiUrl);
    closers.push(
      async () => void (await Promise.all([...wires.values()].map((w) => w.wire.close()))),
    );
    const ports = { "api-1": await findFreePort(), "api-2": await findFreePort() };
    closers.push(() => closeParts(parts, [...PROCESSES]));
    await Promise.all(
      PROCESSES.map((name) => {
        const port = name === "api-1" || name === "api-2" ? ports[name] : undefined;
        const env = environmentOf({ name, stage, wires, url: balancer.url, port, webhookSecret });
        const script = join(repositoryRoot, SCRIPTS[name.replace(/-\d$/, "") as "api"]);
        const run = { add: () => undefined, setUrl: () => undefined };
        const started = { ...run, setStopping: () => undefined, close: () => undefined };
        const plan = { name, label: name, script };
        return keepPart(name, () => startProcess({ plan, env, logs, run: started }));
      }),
    );
    balancer.serve(Object.values(ports));
    return {
      ...{ stage, balancer, stripe, logs, close },
      part: (name) => parts.get(name) as Kept,
      wire: (process, service) => wires.get(wireName(process, service))?.wire,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function closeParts(parts: Map<string, Kept>, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => parts.get(name)?.close()));
}

type Wires = Map<string, { url: string; wire: Wire }>;

const wireName = (process: ProcessName, service: ServiceName) => `${process}>${service}`;

async function openWires(stage: Stage, stripeUrl: string): Promise<Wires> {
  const { databaseUrl: postgres, redisUrl: redis, rpcUrl: chain } = stage.services;
  const urls = { postgres, redis, chain, stripe: stripeUrl };
  const wires: Wires = new Map();
  for (const process of PROCESSES) {
    for (const service of SERVICES) {
      if (process === "indexer" && (service === "redis" || service === "stripe")) continue;
      wires.set(wireName(process, service), await wireTo(urls[service]));
    }
  }
  return wires;
}

function environmentOf(given: {
  name: ProcessName;
  stage: Stage;
  wires: Wires;
  url: string;
  port: number | undefined;
  webhookSecret: string;
}): Record<string, string> {
  const { name, stage, wires, url, port, webhookSecret } = given;
  const { deployment, folder } = stage;
  const to = (service: ServiceName) =>
    (wires.get(wireName(name, service))?.url ?? stage.services.redisUrl).replace(/\/$/, "");
  const isIndexer = name === "indexer";
  return {
    PATH: process.env.PATH ?? "",
    TMPDIR: folder,
    NODE_COMPILE_CACHE: join(folder, "compiled"),
    NODE_ENV: "development",
    PUBLIC_URL: url,
    DATABASE_URL: to("postgres"),
    REDIS_URL: to("redis"),
    DEPLOYMENTS: JSON.stringify([{ ...deployment, rpcUrl: to("chain") }]),
    LOG_LEVEL: "warn",
    RATE_LIMIT_SCALE: "0",
    MINTER_KEY: anvilAccount(ANVIL_ROLES.minter).privateKey,
    ORGANISER_KEY: anvilAccount(ANVIL_ROLES.organiser).privateKey,
    REFUNDER_KEY: anvilAccount(ANVIL_ROLES.refunder).privateKey,
    WORKER_HEALTH_PORT: "0",
    INDEXER_HEALTH_PORT: "0",
    ...(port === undefined ? {} : { PORT: String(port) }),
    ...(isIndexer
      ? {}
      : {
          PAYMENT_PROVIDER: "stripe",
          STRIPE_SECRET_KEY: "sk_test_chaos",
          STRIPE_WEBHOOK_SECRET: webhookSecret,
          STRIPE_API_URL: to("stripe"),
        }),
  };
}

interface StripeReady {
  apiUrl: string;
  pageUrl: string;
  webhookSecret: string;
}

async function startStripe(given: { logs: string; webhooksTo: string; seed: number }) {
  const child = await startChild({
    name: "stripe",
    command: process.execPath,
    args: [
      "--disable-warning=ExperimentalWarning",
      ...[join(import.meta.dirname, "stripe-process.ts"), given.webhooksTo, String(given.seed)],
    ],
    logFile: join(given.logs, "stripe.log"),
    ipc: true,
  });
  const ready = new Promise<StripeReady>((resolve, reject) => {
    child.process.once("message", (message) => resolve(message as never));
    void child.exited.then((how) => reject(new Error(`the fake Stripe ended: ${how}`)));
    setTimeout(() => reject(new Error("the fake Stripe did not start")), STRIPE_READY_MS).unref();
  });
  ready.catch(() => undefined);
  const stop = () => child.stop([{ signal: "SIGTERM", waitMs: 1_000 }]);
  return { ...(await ready), stop };
}
