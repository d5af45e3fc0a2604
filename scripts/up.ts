// Starts a whole instance and keeps it running until it is told to stop.
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createProgress, type Progress, progressMode, seconds } from "./progress.ts";
import { createHome, homePaths, writePrivate } from "./services/home.ts";
import { requireFreePort } from "./services/ports.ts";
import { findRedisServer } from "./services/redis-install.ts";
import { endStrays, killRecorded, openRun, requireNotRunning } from "./services/strays.ts";
import { type Stop, sentenceOf } from "./stop.ts";
import {
  requireDatabase,
  requireDeployments,
  requireDiskSpace,
  requireRedis,
} from "./up-checks.ts";
import { loadEnvironment, makePlan, type Plan } from "./up-environment.ts";
import { type Instance, type Steps, startInstance } from "./up-instance.ts";
import { parseUpOptions, UP_USAGE, type UpOptions, UsageError } from "./up-options.ts";
import { resetHome } from "./up-reset.ts";

/** One Ctrl-C may arrive twice, from the terminal and from npm; a second press comes later. */
const SAME_PRESS_MS = 250;
const EXIT_KILLED = 130;
/** The last resort behind the limits of the single stops. */
const STOP_LIMIT_MS = 15_000;

/** The steps are loaded late: a refusal should not wait for half the product to be read. */
export async function up(
  options: UpOptions,
  progress: Progress,
  loadSteps: () => Promise<Steps>,
): Promise<void> {
  const { home } = options;
  const stopping = listenForStop(home);
  const plan = makePlan(loadEnvironment(), options.port);
  await requireNotRunning(home);
  const strays = await endStrays(home);
  if (strays.length > 0)
    progress.note(`Ended what the last run left behind: ${strays.join(", ")}.`);
  if (options.reset) await resetHome(home, progress);
  await check(home, plan, progress);
  stopping.signal.throwIfAborted();
  createHome(home);
  const run = openRun(home);
  try {
    const { signal, giveUp } = stopping;
    const steps = await loadSteps();
    const instance = await startInstance({ home, plan, progress, run, steps, signal, giveUp });
    run.setUrl(instance.url);
    announce({ home, instance, progress });
    await stopping.asked;
    run.setStopping();
    await stopWithin(instance, home, progress);
  } finally {
    rmSync(homePaths(home).instance, { force: true });
    run.close();
  }
  if (stopping.failure() !== undefined) throw stopping.failure();
}

/** Everything that can be found out before anything is started or written. */
async function check(home: string, plan: Plan, progress: Progress): Promise<void> {
  await progress.step("Check disk and ports", async () => {
    await requireDiskSpace(home);
    for (const [variable, port] of Object.entries(plan.ports)) {
      // 0 switches a health port off.
      if (port !== 0) await requireFreePort(port, variable);
    }
  });
  const { databaseUrl, redisUrl, deployments } = plan;
  if (databaseUrl !== undefined) {
    await progress.step("Reach DATABASE_URL", () => requireDatabase(databaseUrl));
  }
  if (redisUrl !== undefined) {
    await progress.step("Reach REDIS_URL", () => requireRedis(redisUrl));
  } else {
    await progress.step("Find Redis", () => findRedisServer(progress.note));
  }
  if (deployments !== undefined) {
    await progress.step("Reach DEPLOYMENTS", () => requireDeployments(deployments));
  }
}

type Stopping = {
  signal: AbortSignal;
  /** Resolves at the first reason to stop. */
  asked: Promise<void>;
  giveUp: (error: Stop) => void;
  failure(): Stop | undefined;
};

function listenForStop(home: string): Stopping {
  const controller = new AbortController();
  let failure: Stop | undefined;
  let askedAt = 0;
  const asked = new Promise<void>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const onSignal = () => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      askedAt = now;
      controller.abort(new Interrupted());
    } else if (now - askedAt > SAME_PRESS_MS) {
      killRecorded(home);
      process.exit(EXIT_KILLED);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    asked,
    giveUp(error) {
      failure ??= error;
      controller.abort(error);
    },
    failure: () => failure,
  };
}

/** Asked to stop while still starting. */
class Interrupted extends Error {}

function announce(given: { home: string; instance: Instance; progress: Progress }): void {
  const { home, instance, progress } = given;
  const { url, eventUrlPath, databaseUrl, redisUrl, deployments } = instance;
  const [deployment] = deployments;
  writePrivate(homePaths(home).instance, {
    ...{ pid: process.pid, url, eventUrlPath, databaseUrl, redisUrl },
    ...{ rpcUrl: deployment?.rpcUrl, deployment, deployments },
  });
  const next = "Open it and buy a ticket, or run ./stagedoor demo in another terminal.";
  progress.result(
    { type: "ready", url, eventUrlPath, ms: Math.round(progress.elapsedMs()), next },
    [
      "",
      `Stagedoor is ready after ${seconds(progress.elapsedMs())}: ${url}`,
      `${next} Ctrl-C stops everything.`,
      "",
    ],
  );
}

async function stopWithin(instance: Instance, home: string, progress: Progress): Promise<void> {
  const late = Symbol("late");
  const outcome = await Promise.race([instance.stop(), sleep(STOP_LIMIT_MS, late, { ref: false })]);
  if (outcome !== late) return;
  killRecorded(home);
  progress.note(`The stop took longer than ${STOP_LIMIT_MS / 1_000} s; what was left was killed.`);
}

async function loadProductSteps(): Promise<Steps> {
  return (await import("./up-steps.ts")).productSteps;
}

async function main(args: string[]): Promise<number> {
  let json = args.includes("--json");
  try {
    const options = parseUpOptions(args);
    json = options.json;
    if (options.help) {
      process.stdout.write(UP_USAGE);
      return 0;
    }
    await up(options, createProgress(progressMode(json)), loadProductSteps);
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) return 0;
    process.stderr.write(`${sentenceOf(error)}\n`);
    if (json) createProgress("json").result({ type: "error", message: sentenceOf(error) }, []);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) {
  // A closed terminal takes our output with it; the instance still stops in order.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  process.exit(await main(process.argv.slice(2)));
}
