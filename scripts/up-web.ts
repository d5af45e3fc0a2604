// Builds the web app when its sources have changed since the last build.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { tailOf } from "./services/child.ts";
import { repositoryRoot } from "./services/packages.ts";
import { Stop } from "./stop.ts";

/** Everything that the bundle is made of: the app, and the folders that it may import from. */
const SOURCES = [
  "web/**/*",
  "contracts/abi/*.ts",
  "server/api/**/*.ts",
  "server/domain/**/*.ts",
  "package-lock.json",
];
const CONFIG = join(repositoryRoot, "web/vite.config.ts");
const OUTPUT = join(repositoryRoot, "web/dist");
const STAMP = join(OUTPUT, ".sources-sha256");
/** Smaller files fit one packet either way. */
const COMPRESSED_FROM_BYTES = 1_000;
const BUILD_LIMIT_MS = 120_000;

export function isWebStale(): boolean {
  if (!existsSync(CONFIG)) return false;
  return !existsSync(STAMP) || readFileSync(STAMP, "utf8") !== hashSources();
}

/** Into a folder of its own and renamed, because a running instance may serve the old build. */
export async function buildWeb(options: { logs: string; signal: AbortSignal }): Promise<void> {
  const draft = join(repositoryRoot, `.stagedoor/web-${process.pid}`);
  const hash = hashSources();
  const log = join(options.logs, "web-build.log");
  mkdirSync(options.logs, { recursive: true });
  try {
    await runVite(draft, log, options.signal);
    compress(draft);
    writeFileSync(join(draft, ".sources-sha256"), hash);
    rmSync(OUTPUT, { recursive: true, force: true });
    renameSync(draft, OUTPUT);
  } catch (error) {
    // Another instance of this checkout has put the same build there at the same moment.
    if ((error as NodeJS.ErrnoException).code !== "ENOTEMPTY" || isWebStale()) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * Once at the build, at the highest level, so that no request waits for it; server/edge/web.ts
 * picks.
 */
function compress(folder: string): void {
  for (const file of globSync("**/*.{js,css,html,svg}", { cwd: folder })) {
    const path = join(folder, file);
    const content = readFileSync(path);
    if (content.length < COMPRESSED_FROM_BYTES) continue;
    writeFileSync(`${path}.br`, brotliCompressSync(content));
    writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  }
}

function hashSources(): string {
  const files = SOURCES.flatMap((pattern) =>
    globSync(pattern, {
      cwd: repositoryRoot,
      exclude: (path) => /(^|\/)(node_modules|dist)(\/|$)/.test(path),
    }),
  );
  const hash = createHash("sha256");
  for (const file of files.sort()) {
    const path = join(repositoryRoot, file);
    if (!statSync(path).isFile()) continue;
    hash.update(file).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

function runVite(outDir: string, log: string, signal: AbortSignal): Promise<void> {
  const vite = join(repositoryRoot, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--config", CONFIG, "--outDir", outDir, "--emptyOutDir"];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: join(repositoryRoot, "web"),
      stdio: ["ignore", "pipe", "pipe"],
      // Vite's own default, also where NODE_ENV says development: the page is served as built.
      env: { ...process.env, NODE_ENV: "production" },
      signal,
      timeout: BUILD_LIMIT_MS,
      killSignal: "SIGKILL",
    });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => {
      writeFileSync(log, Buffer.concat(output));
      if (code === 0) return resolve();
      reject(new Stop(`The web app could not be built: ${tailOf(log, 3)}`, `See ${log}.`));
    });
  });
}
