// Starts the servers and the load of a bench as processes of their own, and ends them.
import { type ChildProcess, fork } from "node:child_process";

export interface Target {
  port: number;
  eventId: string;
  tokens: string[];
  seats: number[];
  stop(): Promise<void>;
}

/** A house of 80,000 seats is made in some twenty seconds on a busy machine. */
const READY_LIMIT_MS = 180_000;
const REPORT_LIMIT_MS = 120_000;
const END_LIMIT_MS = 10_000;

/** A process that says when it is ready, and ends when nobody is connected to it any more. */
export async function startTarget(
  path: string,
  options: { args?: string[]; env: Record<string, string>; signal: AbortSignal },
): Promise<Target> {
  const child = start(path, options.args ?? [], options.env);
  const ready = await answerOf<Omit<Target, "stop">>(child, READY_LIMIT_MS, options.signal);
  return { ...ready, stop: () => end(child) };
}

/** A process that takes one order and answers one report. */
export async function reportOf<Report>(
  path: string,
  order: object,
  { env = {}, signal }: { env?: Record<string, string>; signal: AbortSignal },
): Promise<Report> {
  const child = start(path, [], env);
  child.send(order);
  const report = await answerOf<Report>(child, REPORT_LIMIT_MS, signal);
  await end(child);
  return report;
}

function start(path: string, args: string[], env: Record<string, string>): ChildProcess {
  return fork(path, args, {
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...env },
    execArgv: ["--disable-warning=ExperimentalWarning"],
    // What the product logs is written, as in earnest, and read by nobody.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

function answerOf<T>(child: ChildProcess, limitMs: number, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      child.kill("SIGKILL");
      reject(new Error(`A process of the bench ${why}.`));
    };
    const timer = setTimeout(() => fail(`said nothing for ${limitMs / 1_000} s`), limitMs);
    const stop = () => fail("was interrupted");
    signal.addEventListener("abort", stop, { once: true });
    const exited = (code: number | null) => fail(`ended with ${code} before it answered`);
    child.once("exit", exited);
    child.once("message", (message) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      child.off("exit", exited);
      resolve(message as T);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const timer = setTimeout(() => child.kill("SIGKILL"), END_LIMIT_MS);
  if (child.connected) child.disconnect();
  await gone;
  clearTimeout(timer);
}
