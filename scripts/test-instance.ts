// Starts a whole instance for the tests of the running product, and stops it as a person would.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { homePaths } from "./services/home.ts";
import { repositoryRoot } from "./services/packages.ts";
import { findFreePort } from "./services/ports.ts";

/** The first start of a home creates a database, deploys and builds the web app. */
const READY_LIMIT_MS = 120_000;
/** What `up` promises for its own stop, and room for a busy machine. */
const STOP_LIMIT_MS = 20_000;
const OUTPUT_CHARS_MAX = 20_000;

export type TestInstance = {
  url: string;
  rpcUrl: string;
  /** Answers what was wrong with the stop, or nothing. */
  stop(): Promise<string | undefined>;
};

export async function startInstance(options: {
  folder: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** What starts it, and how long that may take. */
  launcher?: string;
  readyLimitMs?: number;
}): Promise<TestInstance> {
  const home = join(options.folder, "home");
  const port = await findFreePort();
  const args = ["up", "--home", home, "--port", String(port), "--json"];
  const child = spawn(options.launcher ?? join(repositoryRoot, "stagedoor"), args, {
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const keep = (text: string) => {
    output = `${output}${text}\n`.slice(-OUTPUT_CHARS_MAX);
  };
  createInterface({ input: child.stderr }).on("line", keep);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      keep(line);
      const url = readyUrl(line);
      if (url !== undefined) resolve(url);
    });
  });
  // What loses the race comes later all the same, and must not touch an instance in use.
  const first = await Promise.race([
    ready.then((url) => ({ url })),
    ended.then((how) => ({ why: `ended with ${how} before it was ready` })),
    after(options.readyLimitMs ?? READY_LIMIT_MS).then(() => ({ why: "was not ready in time" })),
    aborted(options.signal).then(() => ({ why: "was interrupted" })),
  ]);
  if ("why" in first) {
    child.kill("SIGKILL");
    throw new Error(`./stagedoor up ${first.why}:\n${output}`);
  }
  const { url } = first;
  const { rpcUrl } = JSON.parse(readFileSync(homePaths(home).instance, "utf8"));
  return {
    url,
    rpcUrl,
    async stop() {
      child.kill("SIGINT");
      const how = await Promise.race([ended, after(STOP_LIMIT_MS)]);
      if (how === "exit code 0") return undefined;
      child.kill("SIGKILL");
      return how === undefined
        ? `./stagedoor up did not stop within ${STOP_LIMIT_MS / 1_000} s of SIGINT:\n${output}`
        : `./stagedoor up ended with ${how} after SIGINT:\n${output}`;
    },
  };
}

function readyUrl(line: string): string | undefined {
  if (!line.startsWith("{")) return undefined;
  const record = JSON.parse(line) as { type?: unknown; url?: string };
  return record.type === "ready" ? record.url : undefined;
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
