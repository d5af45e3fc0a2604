// Brings one instance up step by step, and takes it down in the order of the data.
import { join } from "node:path";
import type { Deployment } from "#server/platform/env.ts";
import type { Progress } from "./progress.ts";
import { homePaths } from "./services/home.ts";
import { repositoryRoot } from "./services/packages.ts";
import { type RunningService, startServices } from "./services/start-services.ts";
import { endStrays, type Run } from "./services/strays.ts";
import { failureOf, type Stop } from "./stop.ts";
import { type Plan, processEnvironment, readVariables } from "./up-environment.ts";
import { type Keeper, keepAlive, type Part } from "./up-keeper.ts";
import { type ProcessPlan, startProcess } from "./up-processes.ts";

/** The steps between the services and the processes; tests put stand-ins here. */
export type Steps = {
  migrate(given: { databaseUrl: string }): Promise<{ applied: string[] }>;
  deploy(given: {
    home: string;
    rpcUrl: string;
    note: (text: string) => void;
  }): Promise<Deployment>;
  seed(given: {
    databaseUrl: string;
    redisUrl: string;
    deployment: Deployment;
    log: (text: string) => void;
  }): Promise<{ eventUrlPath: string; created: boolean }>;
  isWebStale(): boolean;
  buildWeb(given: { logs: string; signal: AbortSignal }): Promise<void>;
  processes: ProcessPlan[];
};

export const PROCESSES: ProcessPlan[] = [
  { name: "api", label: "API", script: join(repositoryRoot, "server/main.ts") },
  { name: "worker", label: "Worker", script: join(repositoryRoot, "server/worker.ts") },
  { name: "indexer", label: "Indexer", script: join(repositoryRoot, "indexer/main.ts") },
];

export type InstanceOptions = {
  home: string;
  plan: Plan;
  progress: Progress;
  run: Run;
  steps: Steps;
  signal: AbortSignal;
  /** A part died too often: the instance cannot go on. */
  giveUp: (error: Stop) => void;
  blockTimeMs?: number;
};

export type Instance = {
  url: string;
  eventUrlPath: string | undefined;
  databaseUrl: string;
  redisUrl: string;
  deployments: readonly Deployment[];
  stop(): Promise<void>;
};

/** The whole stop fits into 15 s, with room for the forced end of one of them. */
const STOP_LIMITS_MS: Record<string, number> = {
  api: 3_000,
  worker: 3_500,
  indexer: 2_000,
  chain: 2_000,
  redis: 1_000,
  postgres: 2_000,
};
const STOP_LIMIT_DEFAULT_MS = 2_000;

type Kept = { name: string; label: string; keeper: Keeper };

export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { home, progress } = options;
  const services: Kept[] = [];
  const processes: Kept[] = [];
  const stop = async () => {
    for (const { name, label, keeper } of [...processes, ...services.toReversed()]) {
      const limitMs = STOP_LIMITS_MS[name] ?? STOP_LIMIT_DEFAULT_MS;
      await progress.step(`Stop ${label}`, () => keeper.stop(limitMs));
    }
    // A start that was interrupted has processes that no keeper knows yet.
    await endStrays(home);
  };
  try {
    return { ...(await bringUp(options, services, processes)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  options: InstanceOptions,
  services: Kept[],
  processes: Kept[],
): Promise<Omit<Instance, "stop">> {
  const { home, plan, progress, steps, signal } = options;
  const step = <T>(name: string, work: () => Promise<T>) =>
    interruptible(signal, () =>
      progress.step(name, work).catch((error: unknown) => {
        throw failureOf(name, error);
      }),
    );
  const started = await interruptible(signal, () => startEmbedded(options));
  for (const running of started.running) services.push(keepService(options, running));
  const databaseUrl = plan.databaseUrl ?? started.databaseUrl;
  const redisUrl = plan.redisUrl ?? started.redisUrl;

  const { applied } = await step("Migrate the database", () => steps.migrate({ databaseUrl }));
  if (applied.length > 0) progress.note(`Applied: ${applied.join(", ")}.`);
  let deployments = plan.deployments;
  let eventUrlPath: string | undefined;
  if (deployments === undefined) {
    const { rpcUrl } = started;
    const given = { home, rpcUrl, note: progress.note };
    const deployment = await step("Deploy the contracts", () => steps.deploy(given));
    const seeding = { databaseUrl, redisUrl, deployment, log: progress.note };
    ({ eventUrlPath } = await step("Seed the demo event", () => steps.seed(seeding)));
    deployments = [deployment];
  }
  const { logs } = homePaths(home);
  if (steps.isWebStale()) {
    await step("Build the web app", () => steps.buildWeb({ logs, signal }));
  }
  const env = processEnvironment(plan, { databaseUrl, redisUrl, deployments });
  readVariables(env);
  await startProcesses(options, { env, step, processes });
  const url = String(env.PUBLIC_URL).replace(/\/$/, "");
  return { url, eventUrlPath, databaseUrl, redisUrl, deployments };
}

/** The ports right after the API's are the usual ones of the processes' health pages. */
const SERVICE_PORT_OFFSET = 10;

/** Ports near the API's, so that a wallet or a database tool finds them again next time. */
function startEmbedded({ home, plan, progress, run, signal, blockTimeMs }: InstanceOptions) {
  return startServices({
    home,
    run,
    progress,
    signal,
    want: {
      postgres: plan.databaseUrl === undefined,
      redis: plan.redisUrl === undefined,
      chain: plan.deployments === undefined,
    },
    ports: {
      postgres: plan.port + SERVICE_PORT_OFFSET,
      redis: plan.port + SERVICE_PORT_OFFSET + 1,
      chain: plan.port + SERVICE_PORT_OFFSET + 2,
    },
    ...(blockTimeMs !== undefined && { blockTimeMs }),
  });
}

function keepService(options: InstanceOptions, running: RunningService): Kept {
  const { name } = running.service;
  const label = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const { note } = options.progress;
  const { startAgain, service: first } = running;
  const keeper = keepAlive({ name: label, first, startAgain, note, giveUp: options.giveUp });
  return { name, label, keeper };
}

/** All three at once; each is shown until it is ready. */
async function startProcesses(
  options: InstanceOptions,
  given: {
    env: Record<string, string | undefined>;
    step: <T>(name: string, work: () => Promise<T>) => Promise<T>;
    processes: Kept[];
  },
): Promise<void> {
  const { home, progress, run, steps, giveUp } = options;
  const { logs } = homePaths(home);
  const starting = steps.processes.map((plan) => {
    const start = () => startProcess({ plan, env: given.env, logs, run });
    const first = start();
    // It is awaited below, perhaps after another one has failed.
    first.catch(() => undefined);
    return { plan, start, first };
  });
  const keep = (plan: ProcessPlan, first: Part, startAgain: () => Promise<Part>) => {
    const { name, label } = plan;
    const keeper = keepAlive({ name: label, first, startAgain, note: progress.note, giveUp });
    given.processes.push({ name, label, keeper });
  };
  for (const { plan, start, first } of starting) {
    keep(plan, await given.step(plan.label, () => first), start);
  }
}

/** A Ctrl-C must not wait for the step under way; what it started is ended by the stop. */
async function interruptible<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let listener: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    listener = () => reject(signal.reason);
    signal.addEventListener("abort", listener, { once: true });
  });
  const running = work();
  running.catch(() => undefined);
  try {
    return await Promise.race([running, aborted]);
  } finally {
    if (listener) signal.removeEventListener("abort", listener);
  }
}
