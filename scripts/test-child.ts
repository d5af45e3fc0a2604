// Runs one program of a check or a test suite within its limit and keeps what it says.
import { type ChildProcess, spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { repositoryRoot } from "./services/packages.ts";

export type ProgramOptions = {
  command: string;
  args: readonly string[];
  /** The repository when left out. */
  cwd?: string;
  limitMs: number;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
};

export type ProgramEnd = {
  /** Undefined when all is well: exit code 0 within the limit. */
  complaint: string | undefined;
  /** What it wrote to both outputs, the end of it if there was much. */
  output: string;
  ms: number;
};

const OUTPUT_CHARS_MAX = 200_000;
/** Between being asked and being forced to end. */
const END_WAIT_MS = 3_000;

/** The Node that runs this, before whatever else the machine calls node. */
const TOOL_PATH = [
  dirname(process.execPath),
  join(repositoryRoot, "node_modules/.bin"),
  process.env.PATH ?? "",
].join(delimiter);

export function runProgram(options: ProgramOptions): Promise<ProgramEnd> {
  const startedAt = performance.now();
  const child = spawn(options.command, options.args, {
    cwd: options.cwd ?? repositoryRoot,
    env: { ...(options.env ?? process.env), PATH: TOOL_PATH },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: it ends with everything it started, and Ctrl-C reaches the runner alone.
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-OUTPUT_CHARS_MAX);
    });
  }
  return new Promise((resolve) => {
    let complaint: string | undefined;
    const end = (reason: string) => {
      complaint ??= reason;
      endGroup(child);
    };
    const limit = setTimeout(
      () => end(`took longer than its limit of ${options.limitMs / 1_000} s and was stopped`),
      options.limitMs,
    );
    const interrupt = () => end("was interrupted");
    options.signal?.addEventListener("abort", interrupt, { once: true });
    if (options.signal?.aborted === true) interrupt();
    const finish = (how: string | undefined) => {
      clearTimeout(limit);
      options.signal?.removeEventListener("abort", interrupt);
      complaint ??= how;
      resolve({ complaint, output, ms: Math.round(performance.now() - startedAt) });
    };
    child.once("error", (error) => finish(`could not be started: ${error.message}`));
    // Not `close`: a stray that inherited the pipe would hold it open for ever.
    child.once("exit", (code, signal) => {
      const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      setImmediate(() => finish(code === 0 ? undefined : how));
    });
  });
}

function endGroup(child: ChildProcess): void {
  signalGroup(child, "SIGTERM");
  setTimeout(() => signalGroup(child, "SIGKILL"), END_WAIT_MS).unref();
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
