// Installs the packages that one bench compares with, when they are missing or stale.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "./progress.ts";
import { Stop } from "./stop.ts";
import { runProgram } from "./test-child.ts";

/**
 * In a folder of its own, so that the bench itself still imports by the repository's # names, and
 * so that nobody downloads the peers who does not measure.
 */
const PEERS = "peers";
const STAMP = "node_modules/.stagedoor-stamp";
const INSTALL_LIMIT_MS = 10 * 60_000;

export async function installPeers(
  folder: string,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<void> {
  const peers = join(folder, PEERS);
  if (!existsSync(join(peers, "package.json")) || isInstalled(peers)) return;
  await progress.step("Install the peers", async () => {
    const { complaint, output } = await runProgram({
      command: "npm",
      // The peers' own .npmrc says it too; a setting of the machine must not undo it.
      args: ["ci", "--ignore-scripts", "--loglevel=error", "--no-progress"],
      cwd: peers,
      limitMs: INSTALL_LIMIT_MS,
      signal,
    });
    signal.throwIfAborted();
    if (complaint !== undefined) {
      const hint = `Check the network and the disk, and run the command again.\n${output}`;
      throw new Stop(`npm ci in ${peers} ${complaint}.`, hint);
    }
    writeFileSync(join(peers, STAMP), packagesHash(peers));
  });
}

function isInstalled(peers: string): boolean {
  const stamp = join(peers, STAMP);
  return existsSync(stamp) && readFileSync(stamp, "utf8") === packagesHash(peers);
}

function packagesHash(peers: string): string {
  const hash = createHash("sha256");
  for (const name of ["package.json", "package-lock.json"]) {
    hash.update(readFileSync(join(peers, name)));
  }
  return `${hash.digest("hex")} ${process.platform} ${process.arch}`;
}
