// How a process of ours begins, says that it is ready, and ends in order within a deadline.
import type { Log } from "./log.ts";

/**
 * Steps run in the order in which they are listed: stop taking work, finish it, then close what it
 * used.
 */
export interface StopStep {
  name: string;
  run: () => Promise<void> | void;
  /** Where it may take longer than a step usually may, or must be given up sooner. */
  limitMs?: number;
}

export interface Running {
  /** What whoever started us is told once we are ready. */
  ready: Record<string, unknown>;
  stop: StopStep[];
}

/** The whole stop must fit into the 15 s that an orchestrator waits before it kills. */
const STOP_DEADLINE_MS = 14_000;
const STEP_DEADLINE_MS = 4_000;

export async function runProcess({
  log,
  start,
}: {
  log: Log;
  start: (signal: AbortSignal) => Promise<Running>;
}): Promise<void> {
  const stopping = new AbortController();
  let running: Running | undefined;

  const stop = async (reason: string, exitCode: number): Promise<void> => {
    if (stopping.signal.aborted) return;
    log.info({ reason }, "stopping");
    stopping.abort();
    const deadline = setTimeout(() => {
      log.error("the stop took too long");
      process.exit(exitCode === 0 ? 1 : exitCode);
    }, STOP_DEADLINE_MS);
    deadline.unref();
    for (const step of running?.stop ?? []) await runStep(step, log);
    log.info("stopped");
    process.exit(exitCode);
  };

  process.on("SIGTERM", () => void stop("SIGTERM", 0));
  process.on("SIGINT", () => void stop("SIGINT", 0));
  // The launcher holds our IPC channel; when it dies, even by SIGKILL, we must not be left behind.
  process.on("disconnect", () => void stop("launcher gone", 0));
  // A bug must end the process: whoever runs us starts it again from stored state.
  process.on("uncaughtException", (err) => {
    log.fatal({ err }, "uncaught");
    void stop("uncaught", 1);
  });

  try {
    running = await start(stopping.signal);
  } catch (err) {
    if (stopping.signal.aborted) return;
    log.fatal({ err }, "could not start");
    process.exitCode = 1;
    fail(err);
  }
  if (running !== undefined) {
    log.info(running.ready, "ready");
    process.send?.({ type: "ready", ...running.ready });
  }
}

/** One sentence on stderr is what a person sees; the log has the rest. */
export function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function runStep(
  { name, run, limitMs = STEP_DEADLINE_MS }: StopStep,
  log: Log,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), limitMs);
  });
  try {
    // BullMQ's close never resolves while Redis is down, so no
    // step may be waited for without a limit.
    const outcome = await Promise.race([Promise.resolve(run()).then(() => "done" as const), late]);
    if (outcome === "late") log.warn({ step: name }, "left a step of the stop unfinished");
  } catch (err) {
    log.warn({ err, step: name }, "a step of the stop failed");
  } finally {
    clearTimeout(timer);
  }
}
