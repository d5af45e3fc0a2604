// Names the files in the folder that holds all data of one local instance.
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Where a root user's database goes when the postgres user may not enter the home folder. */
const OUTSIDE = "/var/lib/stagedoor";

export type Secrets = { postgresPassword: string; redisPassword: string };

export function homePaths(home: string) {
  return {
    run: join(home, "run.json"),
    instance: join(home, "instance.json"),
    secrets: join(home, "secrets.json"),
    logs: join(home, "logs"),
    postgres: join(home, "postgres"),
    postgresOutside: join(OUTSIDE, createHash("sha256").update(home).digest("hex").slice(0, 12)),
    binariesOutside: join(OUTSIDE, "binaries"),
    redis: join(home, "redis"),
    chain: join(home, "chain"),
    blockLock: join(home, "chain", "blocks.lock"),
    deployment: join(home, "deployments", "31337.json"),
  };
}

/**
 * Everything that `--reset` deletes, by name: a home that was mistyped as somebody's documents
 * loses none of them.
 */
export function homeEntries(home: string): string[] {
  const { deployment, binariesOutside: _shared, ...paths } = homePaths(home);
  const all = [...Object.values(paths), dirname(deployment)];
  return all.filter((path) => existsSync(path));
}

export function removeHome(home: string): void {
  for (const path of homeEntries(home)) rmSync(path, { recursive: true, force: true });
  if (existsSync(home) && readdirSync(home).length === 0) rmdirSync(home);
}

export function createHome(home: string): void {
  const created = mkdirSync(home, { recursive: true });
  // Others may pass through but not list it: the postgres user must reach its data folder. The
  // mode of a folder that was there before is its owner's decision.
  if (created !== undefined) chmodSync(home, 0o711);
}

/** The passwords of the embedded services, made once for each home folder. */
export function readSecrets(home: string): Secrets {
  const { secrets } = homePaths(home);
  if (!existsSync(secrets)) {
    const made = { postgresPassword: secret(), redisPassword: secret() };
    writePrivate(secrets, made);
  }
  return JSON.parse(readFileSync(secrets, "utf8")) as Secrets;
}

/** Written next to its place and renamed, so that a reader or a power cut never sees half of it. */
export function writePrivate(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

const SECRET_BYTES = 24;

function secret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}
