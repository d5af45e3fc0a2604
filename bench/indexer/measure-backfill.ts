// From an empty database to the chain's head: Ponder, our own process, and the least that indexes at all.
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { getAbiItem, toEventSelector } from "viem";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { findFreePort, LOOPBACK } from "#scripts/services/ports.ts";
import type { Deployment, Modules } from "#server/platform/env.ts";
import { createDatabase } from "#test/support/database.ts";
import { reportOf } from "../kit/processes.ts";
import { type Cost, costOf } from "./process-cost.ts";

export interface Backfill extends Cost {
  seconds: number;
}

/** What must be the same whoever indexed: rows by table, and who holds what. */
export interface Outcome {
  rows: Record<string, number>;
  owners: string;
}

export interface Contender {
  /** A database of its own, and the process going on the chain. */
  start(deployment: Deployment, pollMs?: number): Promise<Running>;
}

export interface Running {
  pid: number;
  databaseUrl: string;
  /** Where its tables are. */
  schema: string;
  columns: { id: string; owner: string };
  isReady(): Promise<boolean>;
  stop(): Promise<void>;
}

const BASE_ENV = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  // As the launcher has it for whatever it starts.
  NODE_COMPILE_CACHE: join(tmpdir(), "compiled"),
};
const abis = { tickets: ticketsAbi, resale: resaleAbi };
const PEERS = join(import.meta.dirname, "peers");
const LOOK_EVERY_MS = 50;
const BACKFILL_LIMIT_MS = 10 * 60_000;
const END_LIMIT_MS = 10_000;
/** Those that the chain has something for; their names are the same on both sides. */
const TABLES = ["event", "market", "class_stock", "transfer", "holder", "sale", "check_in"];
const MORE_TABLES = ["ticket", "pot", "role_member"];

export async function measureBackfill(
  contender: Contender,
  deployment: Deployment,
): Promise<Backfill & Outcome> {
  const startedMs = performance.now();
  const running = await contender.start(deployment);
  try {
    await waitUntilReady(running);
    const seconds = (performance.now() - startedMs) / 1_000;
    const cost = costOf(running.pid);
    return { seconds, ...cost, ...(await outcomeOf(running)) };
  } finally {
    await running.stop();
  }
}

export async function waitUntilReady(running: Running): Promise<void> {
  const endMs = performance.now() + BACKFILL_LIMIT_MS;
  while (!(await running.isReady())) {
    if (performance.now() > endMs) throw new Error("An indexer did not come to an end.");
    costOf(running.pid);
    await sleep(LOOK_EVERY_MS);
  }
}

export const ours: Contender = {
  start: async (deployment) => {
    const database = await createDatabase();
    const env = {
      ...{ ...BASE_ENV, NODE_ENV: "development", LOG_LEVEL: "info" },
      ...{ PUBLIC_URL: `http://${LOOPBACK}`, REDIS_URL: `redis://${LOOPBACK}:1` },
      ...{ DATABASE_URL: database.url, DEPLOYMENTS: JSON.stringify([deployment]) },
    };
    const child = spawnQuiet([join(repositoryRoot, "indexer/main.ts")], { env });
    const client = await connect(database.url);
    return {
      ...{ pid: child.pid, databaseUrl: database.url, schema: "mirror" },
      columns: { id: "ticket_id", owner: "owner" },
      isReady: async () => {
        const { rows } = await client.query(
          "SELECT 1 FROM mirror.cursor WHERE block_number = head_number",
        );
        return rows.length > 0;
      },
      stop: async () => {
        await child.end();
        await client.end();
        await database.drop();
      },
    };
  },
};

export const ponder: Contender = {
  start: async (deployment, pollMs = 1_000) => {
    const database = await createDatabase({ migrated: false });
    const port = await findFreePort();
    const env = {
      ...{ ...BASE_ENV, HOME: tmpdir(), CI: "1", PONDER_TELEMETRY_DISABLED: "1" },
      BENCH_ORDER: JSON.stringify({ deployment, abis, pollMs, databaseUrl: database.url }),
    };
    const script = join(PEERS, "node_modules/ponder/dist/esm/bin/ponder.js");
    const args = ["start", "--schema", "peer", "--port", String(port), "--log-format", "json"];
    const child = spawnQuiet([script, ...args], { env, cwd: PEERS });
    return {
      ...{ pid: child.pid, databaseUrl: database.url, schema: "peer" },
      columns: { id: "ticket_id", owner: "owner" },
      isReady: () => answersOk(`http://${LOOPBACK}:${port}/ready`),
      stop: async () => {
        await child.end();
        await database.drop();
      },
    };
  },
};

/** Told apart from the others: it has no start, and tables as thin as can be. */
export async function measureLoop(
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Omit<Backfill, "rssMiB">> {
  const database = await createDatabase({ migrated: false });
  const { rpcUrl, tickets, modules } = deployment;
  const order = {
    ...{ rpcUrl, addresses: [tickets, (modules as Modules).resale], databaseUrl: database.url },
    topics: {
      transfer: toEventSelector(getAbiItem({ abi: ticketsAbi, name: "Transfer" })),
      sold: toEventSelector(getAbiItem({ abi: resaleAbi, name: "Sold" })),
      checkedIn: toEventSelector(getAbiItem({ abi: ticketsAbi, name: "CheckedIn" })),
    },
  };
  try {
    return await reportOf(join(PEERS, "minimal-loop.ts"), order, { signal });
  } finally {
    await database.drop();
  }
}

async function outcomeOf(running: Running): Promise<Outcome> {
  const client = await connect(running.databaseUrl);
  try {
    const rows: Outcome["rows"] = {};
    for (const table of [...TABLES, ...MORE_TABLES]) {
      const found = await client.query(`SELECT count(*)::int AS n FROM ${running.schema}.${table}`);
      rows[table] = found.rows[0].n;
    }
    const found = await client.query(
      `SELECT md5(string_agg(ticket_id::text || ' ' || lower(owner), ',' ORDER BY ticket_id)) AS sum
       FROM ${running.schema}.ticket`,
    );
    return { rows, owners: found.rows[0].sum };
  } finally {
    await client.end();
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

async function answersOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function spawnQuiet(args: string[], options: { env: NodeJS.ProcessEnv; cwd?: string }) {
  const child = spawn(process.execPath, args, { ...options, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    pid: child.pid as number,
    end: async () => {
      const timer = setTimeout(() => child.kill("SIGKILL"), END_LIMIT_MS);
      child.kill("SIGINT");
      await ended;
      clearTimeout(timer);
    },
  };
}
