// Finds a Redis or Valkey server on this machine, and installs one where that is allowed.
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { Stop } from "../stop.ts";

const SERVERS = ["redis-server", "valkey-server"];
/** A slow mirror on a slow line; the package itself is one megabyte. */
const INSTALL_LIMIT_MS = 5 * 60_000;
const SUDO_TIMEOUT_MS = 5_000;
const COMPLAINT_CHARS = 300;

export async function findRedisServer(log: (text: string) => void): Promise<string> {
  const found = findServer();
  if (found !== undefined) return found;
  for (const command of installCommands()) {
    log(`No Redis on this machine; installing it: ${command.join(" ")}`);
    const complaint = await run(command);
    const installed = findServer();
    if (installed !== undefined) return installed;
    if (complaint !== "") log(`That did not work: ${complaint}`);
  }
  throw new Stop(
    "There is no Redis on this machine and it could not be installed.",
    "Install it (apt-get install redis-server, brew install redis) or set REDIS_URL.",
  );
}

function findServer(): string | undefined {
  return SERVERS.map(findOnPath).find((path) => path !== undefined);
}

function findOnPath(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** The commands to try in turn; none where the right to install is missing. */
function installCommands(): string[][] {
  if (findOnPath("brew") !== undefined) return [["brew", "install", "redis"]];
  if (findOnPath("apt-get") === undefined) return [];
  const prefix = rootPrefix();
  if (prefix === undefined) return [];
  const install = [...prefix, "apt-get", "install", "-y", "--no-install-recommends"];
  // The second attempt is for a machine whose package lists are missing or out of date.
  return [
    [...install, "redis-server"],
    [...prefix, "apt-get", "update"],
    [...install, "redis-server"],
  ];
}

function rootPrefix(): string[] | undefined {
  if (process.getuid?.() === 0) return [];
  if (findOnPath("sudo") === undefined) return undefined;
  const result = spawnSync("sudo", ["-n", "true"], { timeout: SUDO_TIMEOUT_MS, stdio: "ignore" });
  return result.status === 0 ? ["sudo", "-n"] : undefined;
}

/** Answers the last words of a command that failed, or nothing. */
function run([command = "", ...args]: string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "ignore", "pipe"],
      // A package manager that asks a question would wait for ever.
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", HOMEBREW_NO_AUTO_UPDATE: "1" },
      timeout: INSTALL_LIMIT_MS,
    });
    let words = "";
    child.stderr.on("data", (chunk: Buffer) => {
      words = (words + chunk.toString("utf8")).slice(-COMPLAINT_CHARS);
    });
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(code === 0 ? "" : words.trim().replaceAll("\n", " ")));
  });
}
