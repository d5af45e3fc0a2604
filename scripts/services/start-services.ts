// Starts the embedded services that are wanted, in order, and stops them in the opposite one.
import { startChain } from "./chain.ts";
import type { Service } from "./child.ts";
import { createHome, homePaths } from "./home.ts";
import { startPostgres } from "./postgres.ts";
import { startRedis } from "./redis.ts";
import { endStrays, openRun, type Run, requireNotRunning } from "./strays.ts";

export type ServiceName = "postgres" | "redis" | "chain";

/** What `startServices` needs of a progress display. */
export type StepDisplay = {
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  note(text: string): void;
};

export type ServicesOptions = {
  home: string;
  want: Record<ServiceName, boolean>;
  /** Wished for; a port that is taken is replaced by a free one. */
  ports?: Partial<Record<ServiceName, number>>;
  progress?: StepDisplay;
  blockTimeMs?: number;
  /** Ends a first initialisation of the database that is under way. */
  signal?: AbortSignal;
  /** The record of who runs; without one, this call opens and closes its own. */
  run?: Run;
  /** Nobody keeps the data: nothing is saved that only a machine without power would need. */
  passing?: boolean;
};

/** A service with the way to start it again where it was. */
export type RunningService = { service: Service; startAgain: () => Promise<Service> };

export type Services = {
  /** Empty for a service that was not wanted. */
  databaseUrl: string;
  redisUrl: string;
  rpcUrl: string;
  /** Held by whoever makes or takes back blocks of the embedded chain. */
  blockLock: string;
  running: RunningService[];
  stop(): Promise<void>;
};

const LABELS: Record<ServiceName, string> = {
  postgres: "Postgres",
  redis: "Redis",
  chain: "Chain",
};

const silent: StepDisplay = { step: (_name, work) => work(), note: () => {} };

export async function startServices(options: ServicesOptions): Promise<Services> {
  const { home, want, progress = silent } = options;
  createHome(home);
  const run = options.run ?? (await openOwnRun(home));
  const running: RunningService[] = [];
  const stop = async () => {
    for (const { service } of running.toReversed()) await service.stop();
    if (options.run === undefined) run.close();
  };
  const start = async (name: ServiceName, starter: Starter): Promise<string> => {
    if (!want[name]) return "";
    options.signal?.throwIfAborted();
    const common = {
      home,
      log: progress.note,
      onSpawn: run.add,
      blockTimeMs: options.blockTimeMs,
      signal: options.signal,
      passing: options.passing ?? false,
    };
    return await progress.step(LABELS[name], async () => {
      const service = await starter({ ...common, port: options.ports?.[name] });
      const startAgain = () =>
        startOnSamePort(() => starter({ ...common, port: service.port }), service);
      running.push({ service, startAgain });
      return service.url;
    });
  };
  try {
    return {
      databaseUrl: await start("postgres", startPostgres),
      redisUrl: await start("redis", startRedis),
      rpcUrl: await start("chain", startChain),
      blockLock: homePaths(home).blockLock,
      running,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Starter = (options: {
  home: string;
  port: number | undefined;
  log: (text: string) => void;
  onSpawn: Run["add"];
  blockTimeMs: number | undefined;
  signal: AbortSignal | undefined;
  passing: boolean;
}) => Promise<Service>;

/** Those who use the service know its old address, so that another port would help nobody. */
async function startOnSamePort(start: () => Promise<Service>, old: Service): Promise<Service> {
  const service = await start();
  if (service.port === old.port) return service;
  await service.stop();
  throw new Error(`its port ${old.port} was taken by another program`);
}

async function openOwnRun(home: string): Promise<Run> {
  await requireNotRunning(home);
  await endStrays(home);
  return openRun(home);
}
