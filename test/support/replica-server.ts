// A real streaming replica of the suite's Postgres: copied while that runs, then fed by its log.
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { type Child, startChild, waitUntilReady } from "#scripts/services/child.ts";
import { findFreePort } from "#scripts/services/ports.ts";
import { choosePostgresPlace, type PostgresPlace } from "#scripts/services/postgres-user.ts";
import { requireVariable } from "./variables.ts";

export interface ReplicaServer {
  /** The address of the same database there. */
  urlOf(primaryUrl: string): string;
  /** From here on it stands still, and goes on answering. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** As kill -9 and a machine that is gone end it. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Every statement that it was asked. */
  statements(): string;
  close(): Promise<void>;
}

const SLOT = "lookup_replica";
const READY_LIMIT_MS = 60_000;
const READY_POLL_MS = 50;
/** Its own affairs, which a copy has none of yet. */
const LEFT_OUT = ["postmaster.pid", "postmaster.opts"];
const EMPTY = ["pg_wal", "pg_replslot", "pg_stat_tmp", "pg_notify"];

export async function startReplicaServer(): Promise<ReplicaServer> {
  const primaryUrl = requireVariable("TEST_DATABASE_URL");
  const home = mkdtempSync(join(tmpdir(), "stagedoor-replica-"));
  chmodSync(home, 0o755);
  const place = choosePostgresPlace(home, () => undefined);
  const data = join(place.folder, "data");
  const logFile = join(home, "replica.log");
  const port = await findFreePort();
  const urlOf = (url: string) => {
    const there = new URL(url);
    there.port = String(port);
    return there.href;
  };
  await copyPrimary(primaryUrl, { place, data });
  let child: Child | undefined;
  const start = async () => {
    child = await startChild({
      name: "replica",
      command: join(place.native, "bin/postgres"),
      args: ["-D", data, ...settings({ primaryUrl, port })],
      logFile,
      user: place.account,
      cwd: place.folder,
      env: { ...process.env, TZ: "UTC" },
    });
    await waitUntilReady({
      ...{ what: "The replica", limitMs: READY_LIMIT_MS, everyMs: READY_POLL_MS, child },
      check: async () => (await ask(urlOf(primaryUrl), "SELECT 1")) !== undefined,
    });
  };
  const kill = async () => child?.stop([]);
  await start();
  return {
    ...{ urlOf, kill, start },
    pause: async () => void (await ask(urlOf(primaryUrl), "SELECT pg_wal_replay_pause()")),
    resume: async () => void (await ask(urlOf(primaryUrl), "SELECT pg_wal_replay_resume()")),
    statements: () => readFileSync(logFile, "utf8"),
    close: async () => {
      await kill();
      // A slot that nobody reads keeps the primary's log for ever.
      await ask(primaryUrl, `SELECT pg_drop_replication_slot('${SLOT}')`);
      rmSync(place.folder, { recursive: true, force: true });
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function copyPrimary(
  url: string,
  { place, data }: { place: PostgresPlace; data: string },
): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const from = await client.query<{ folder: string }>(
      "SELECT current_setting('data_directory') AS folder",
    );
    await client.query("SELECT pg_create_physical_replication_slot($1, true)", [SLOT]);
    await client.query("SELECT pg_backup_start('replica', true)");
    copyFolder(from.rows[0]?.folder ?? "", data, place.account);
    const { rows } = await client.query<{ labelfile: string }>(
      "SELECT * FROM pg_backup_stop(false)",
    );
    const files = { backup_label: rows[0]?.labelfile ?? "", "standby.signal": "" };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(data, name), text, { mode: 0o600 });
      if (place.account !== undefined) own(join(data, name), place.account);
    }
  } finally {
    await client.end();
  }
}

/** What goes away meanwhile is in the log that the replica reads first. */
function copyFolder(from: string, to: string, account: PostgresPlace["account"]): void {
  mkdirSync(to, { mode: 0o700 });
  if (account !== undefined) own(to, account);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (LEFT_OUT.includes(entry.name)) continue;
    try {
      if (entry.isDirectory() && EMPTY.includes(entry.name)) mkdirSync(target, { mode: 0o700 });
      else if (entry.isDirectory()) copyFolder(source, target, account);
      else copyFileSync(source, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      continue;
    }
    if (account !== undefined) own(target, account);
  }
}

function own(path: string, { uid, gid }: NonNullable<PostgresPlace["account"]>): void {
  chownSync(path, uid, gid);
}

function settings({ primaryUrl, port }: { primaryUrl: string; port: number }): string[] {
  const { hostname, port: primaryPort, username, password } = new URL(primaryUrl);
  const values = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    // No fewer than the primary has.
    max_connections: 200,
    primary_conninfo: `host=${hostname} port=${primaryPort} user=${username} password=${password}`,
    primary_slot_name: SLOT,
    hot_standby_feedback: "on",
    wal_receiver_status_interval: "1s",
    log_statement: "all",
    fsync: "off",
  };
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function ask(url: string, text: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows[0];
  } finally {
    await client.end();
  }
}
