// Completes each package-lock.json with the optional packages of platforms other than this one.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "./services/packages.ts";

/*
 * npm writes into the lock file only the platform packages that its registry could show it. Behind
 * a mirror that carries one platform the others are then missing, `npm ci` calls the file out of
 * step with package.json and stops, and another platform would never get its binaries. Name,
 * version and platform are all that npm needs to skip an entry here and to install it there.
 */

type Entry = {
  version?: string;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
};
type Lock = { packages: Record<string, Entry> };

const SYSTEMS = /(aix|android|darwin|freebsd|netbsd|openbsd|openharmony|sunos|linux|win32|windows)/;
const PROCESSORS =
  /(arm64|x86_64|x64|amd64|ia32|armhf|armv7|arm|loong64|mips64el|ppc64le|ppc64|riscv64|s390x)/;
const SYNONYMS: Record<string, string> = {
  windows: "win32",
  amd64: "x64",
  x86_64: "x64",
  armhf: "arm",
  armv7: "arm",
  ppc64le: "ppc64",
};

/** Adds what is missing and answers the names. */
export function completeLock(lock: Lock): string[] {
  const added: Record<string, Entry> = {};
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!isLocked(lock, path, name)) added[`node_modules/${name}`] = entryOf(name, range);
    }
  }
  const all = Object.entries({ ...lock.packages, ...added });
  lock.packages = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  return Object.keys(added);
}

/** Looks where Node would: next to the package, then in each folder above it. */
function isLocked(lock: Lock, path: string, name: string): boolean {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    if (lock.packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`] !== undefined)
      return true;
    if (at === "") return false;
  }
}

function entryOf(name: string, range: string): Entry {
  const version = range.replace(/^[\^~=]/, "");
  if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(version)) {
    throw new Error(`${name} is wanted as ${range}, and the lock file needs one version.`);
  }
  const entry: Entry = { version, optional: true };
  const system = SYSTEMS.exec(name)?.[1];
  const processor = PROCESSORS.exec(name)?.[1];
  if (name.includes("wasm32")) return { ...entry, cpu: ["wasm32"] };
  if (name === "fsevents") return { ...entry, os: ["darwin"] };
  if (system === undefined) throw new Error(`The name of ${name} tells no platform.`);
  entry.os = [SYNONYMS[system] ?? system];
  if (processor !== undefined) entry.cpu = [SYNONYMS[processor] ?? processor];
  if (name.endsWith("-musl")) entry.libc = ["musl"];
  if (system === "linux" && name.endsWith("-gnu")) entry.libc = ["glibc"];
  return entry;
}

/** The product's, and those of the benches' peers, which are installed the same way. */
function lockFiles(): string[] {
  return globSync(["package-lock.json", "bench/*/peers/package-lock.json"], {
    cwd: repositoryRoot,
  });
}

if (import.meta.main) {
  for (const file of lockFiles()) {
    const path = join(repositoryRoot, file);
    const lock = JSON.parse(readFileSync(path, "utf8")) as Lock;
    const added = completeLock(lock);
    if (added.length > 0 && process.argv.includes("--check")) {
      console.error(`${file} lacks ${added.length} platform packages.`);
      console.error("Complete it: node scripts/lock-platforms.ts");
      process.exit(1);
    }
    if (added.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
    console.log(`${file}: ${added.length} platform packages added.`);
  }
}
