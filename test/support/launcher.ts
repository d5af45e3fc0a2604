// Runs the launcher as a person would, in a temporary home, and looks for what it leaves behind.
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { removeHome } from "#scripts/services/home.ts";
import { repositoryRoot } from "#scripts/services/packages.ts";

export type Outcome = { code: number | null; stdout: string; stderr: string; ms: number };

export type Launched = {
  pid: number;
  ended: Promise<Outcome>;
  /** Everything on stdout and stderr so far. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
};

const RUN_LIMIT_MS = 60_000;
const PS_TIMEOUT_MS = 5_000;
const launcher = join(repositoryRoot, "stagedoor");

/** Variables of the machine that runs the tests must not decide what a launcher does. */
const CONFIGURING =
  /^(DATABASE_URL|REDIS_URL|DEPLOYMENTS|NODE_ENV|PORT|HOST|PUBLIC_URL|STAGEDOOR_HOME|MINTER_KEY|PAYMENT_PROVIDER|WALLET|STAGEDOOR_OPERATORS|LOG_LEVEL|NODE_OPTIONS)$/;

export function launch(
  args: string[],
  options: { env?: Record<string, string>; command?: string; limitMs?: number } = {},
): Launched {
  const inherited = Object.entries(process.env).filter(([name]) => !CONFIGURING.test(name));
  const startedAt = performance.now();
  const child = spawn(options.command ?? launcher, args, {
    env: { ...Object.fromEntries(inherited), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.limitMs ?? RUN_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
    });
  }
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, ...text, ms: Math.round(performance.now() - startedAt) });
    });
  });
  if (child.pid === undefined) throw new Error("the launcher could not be started");
  return {
    pid: child.pid,
    ended,
    output: () => text.stdout + text.stderr,
    kill: (signal) => void child.kill(signal),
  };
}

/** A folder that does not exist yet, inside one that `removeTemporary` deletes. */
export function temporaryHome(): string {
  const folder = mkdtempSync(join(tmpdir(), "stagedoor-test-"));
  // The postgres user of a root test run must be able to enter.
  chmodSync(folder, 0o755);
  return join(folder, "home");
}

export function removeTemporary(home: string): void {
  removeHome(home);
  rmSync(dirname(home), { recursive: true, force: true });
}

/** The processes whose command line names the folder, which every one of an instance does. */
export function processesOf(folder: string): string[] {
  const result = spawnSync("ps", ["-eo", "pid=,args="], {
    encoding: "utf8",
    timeout: PS_TIMEOUT_MS,
  });
  return result.stdout.split("\n").filter((line) => line.includes(folder));
}

/** A PATH with the few programs the launcher needs, and the scripts given by name and body. */
export function pathWith(folder: string, scripts: Record<string, string> = {}): string {
  mkdirSync(folder, { recursive: true });
  for (const name of ["node", "sh", "dirname", "readlink", "id", "ps"]) {
    const found = (process.env.PATH ?? "")
      .split(delimiter)
      .filter((part) => !part.startsWith(repositoryRoot))
      .map((part) => join(part, name))
      .find((path) => existsSync(path));
    if (found !== undefined && !(name in scripts)) symlinkSync(found, join(folder, name));
  }
  for (const [name, body] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  return folder;
}
