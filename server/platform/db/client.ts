// One pool of Postgres connections per process, shared by Prisma and by the hand-written queries.
import { PrismaPg } from "@prisma/adapter-pg";
import {
  Client,
  type ClientConfig,
  Pool,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
} from "pg";
import { Bug } from "../../domain/failure.ts";
import { systemClock } from "../clock.ts";
import type { Log } from "../log.ts";
import { type Copy, copyTo } from "./copy.ts";
import { endWhenSilent } from "./end-silence.ts";
import { withTypes } from "./exact-types.ts";
import { asDbFault } from "./failure.ts";
import { PrismaClient } from "./generated/client.ts";
import { gatherReads, writeTogether } from "./read-together.ts";
import { unnamed } from "./unnamed.ts";

/** The database role decides what a process may write: a wrong import cannot get past a grant. */
export type DbRole = "stagedoor_server" | "stagedoor_indexer";

/** Whoever the address names: for what neither role may, such as making tables. */
type Owner = "owner";

/** Something that runs SQL: the pool, or one transaction of it. */
export interface Sql {
  query<R extends QueryResultRow>(statement: Statement): Promise<QueryResult<R>>;
}

/** One transaction; without one, rows of a COPY that broke off would stay. */
export interface Transaction extends Sql {
  copy(statement: Copy): Promise<void>;
}

/** A named statement is prepared once per connection; hot queries have a name. */
export interface Statement {
  name?: string;
  text: string;
  values?: unknown[];
  /** Finds a few rows by an index: it may wait for others of its kind, and they for it. */
  quick?: true;
}

export interface Db extends Sql {
  prisma: PrismaClient;
  transaction<T>(work: (sql: Transaction) => Promise<T>): Promise<T>;
  /**
   * Calls back for every NOTIFY on the channel, over a connection of its own, until the signal; and
   * whenever it has begun to listen, because nobody knows what was said before.
   */
  listen(channel: string, onNotify: () => void, signal: AbortSignal): void;
  /** A connection of its own for a lock that lives as long as it. */
  connect(): Promise<Client>;
  close(): Promise<void>;
}

const HOME_SCHEMA: Record<DbRole | Owner, string> = {
  stagedoor_server: "public",
  stagedoor_indexer: "mirror",
  owner: "public",
};
/** To connect, or to wait for a free connection. */
const CONNECT_TIMEOUT_MS = 4_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** Postgres ends a statement before, also one of a minute; this is for when it cannot. */
const ANSWER_TIMEOUT_MS = 90_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 15_000;
const LOCK_TIMEOUT_MS = 3_000;
const RELISTEN_DELAY_MS = 1_000;
const LISTENER_BEAT_MS = 10_000;
const LISTENER_ANSWER_MS = 5_000;
/**
 * After a crash Postgres replays its log first: usually a second or two, with a full log some more.
 */
const STARTING_LIMIT_MS = 15_000;
const STARTING_POLL_MS = 250;
/** admin_shutdown, crash_shutdown and cannot_connect_now: the server is on its way down or up. */
const STARTING_STATES = /^57P0[123]$/;
/** invalid_parameter_value: the role of the startup options does not exist. */
const MISSING_ROLE = "22023";
const NOT_MIGRATED =
  "The database at DATABASE_URL has no tables of ours: run ./stagedoor migrate, or ./stagedoor up.";
/**
 * A plan is made once, when a table may still be small, and Postgres counts a table's rows no more
 * than once a minute: on the night of an on-sale it would read all of it for each order.
 */
export const BY_INDEX = ["seqscan", "bitmapscan", "hashjoin", "mergejoin"].map(
  (plan) => `-c enable_${plan}=off`,
);

export async function openDb({
  url,
  role,
  log,
  connectionsMax,
  schema = HOME_SCHEMA[role],
  readsByIndex = false,
}: {
  url: string;
  role: DbRole | Owner;
  log: Log;
  connectionsMax: number;
  /** Where names without a schema are found: the mirror is also built beside the one in use. */
  schema?: string;
  /** For requests: each reads rows of its own, and none a whole table. */
  readsByIndex?: boolean;
}): Promise<Db> {
  const settings = {
    connectionString: unnamed(url),
    application_name: role,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    options: [
      ...(role === "owner" ? [] : [`-c role=${role}`]),
      `-c search_path=${schema}`,
      ...(readsByIndex ? BY_INDEX : []),
    ].join(" "),
  };
  // Statements that do not wait for each other's rows are on their way at once.
  const pool = new Pool({ ...settings, max: connectionsMax, pipeline: true });
  // An idle connection that breaks is replaced by the pool;
  // without a listener it would end the process.
  pool.on("error", (err) => log.warn({ err }, "a database connection broke"));
  // One that breaks in the moment in which the pool hands it over has nobody else to tell; whoever
  // got it learns of it from the next statement.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const stopWatching = endWhenSilent(pool, settings);
  const askTogether = gatherReads(pool);
  const ask = (query: QueryConfig, quick = false) =>
    quick ? askTogether(query) : pool.query(query);
  await assertUsable(pool, role);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: false }) });

  return {
    prisma,
    query: (statement) => ask(withTypes(statement), statement.quick).catch(throwAsFault),
    transaction: (work) => inTransaction(pool, work),
    listen: (channel, onNotify, signal) => {
      void keepListening({ settings, channel, onNotify, signal, log });
    },
    connect: async () => {
      const client = new Client(settings);
      await client.connect();
      return client;
    },
    close: async () => {
      stopWatching();
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

/**
 * Comes back by itself after Postgres was away; what was missed meanwhile is the sweeps' to find.
 */
async function keepListening({
  settings,
  channel,
  onNotify,
  signal,
  log,
}: {
  settings: ClientConfig;
  channel: string;
  onNotify: () => void;
  signal: AbortSignal;
  log: Log;
}): Promise<void> {
  while (!signal.aborted) {
    const client = new Client({ ...settings, query_timeout: LISTENER_ANSWER_MS });
    const ended = new Promise<void>((resolve) => {
      client.once("end", resolve);
      client.on("error", () => resolve());
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    client.on("notification", onNotify);
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      onNotify();
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      // Who only listens never learns by itself that nobody is there any more.
      while (!isOver) {
        await Promise.race([ended, systemClock.sleep(LISTENER_BEAT_MS, signal)]);
        if (!isOver) await client.query("SELECT 1");
      }
    } catch (err) {
      log.warn({ err, channel }, "cannot listen to the database");
    }
    // A farewell to a host that is gone is never answered.
    await Promise.race([client.end().catch(() => undefined), systemClock.sleep(RELISTEN_DELAY_MS)]);
    await systemClock.sleep(RELISTEN_DELAY_MS, signal);
  }
}

async function inTransaction<T>(pool: Pool, work: (sql: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch(throwAsFault);
  let broken: Error | undefined;
  const onError = (err: Error) => {
    broken = err;
  };
  // The pool listens only while a connection is idle; one that breaks
  // between two statements of ours would end the process.
  client.on("error", onError);
  let isOver = false;
  // Of statements that go out side by side one may fail while another is still to be sent: after
  // the rollback it would be a transaction of its own.
  const live = () => {
    if (isOver) throw new Bug("A statement came after its transaction.");
    writeTogether(client);
  };
  const send = async (statement: Statement) => {
    live();
    return client.query(withTypes(statement));
  };
  let reason: unknown;
  const failed = (error: unknown): never => {
    if (!isAborted(error)) reason ??= error;
    return throwAsFault(error);
  };
  try {
    // Goes out with the first statements. It cannot fail alone: a connection that is left with
    // anything half done is never handed out again.
    const begun = send({ text: "BEGIN" });
    begun.catch(() => undefined);
    const result = await work({
      query: (statement) => send(statement).catch(failed),
      copy: async (statement) => {
        live();
        await copyTo(client, statement).catch(failed);
      },
    });
    await begun;
    isOver = true;
    await client.query("COMMIT");
    return result;
  } catch (error) {
    isOver = true;
    await client.query("ROLLBACK").catch(onError);
    return throwAsFault(isAborted(error) ? (reason ?? error) : error);
  } finally {
    // With an error the pool throws the connection away; it listens again before we stop.
    client.release(broken);
    client.off("error", onError);
  }
}

/** in_failed_sql_transaction: one of the statements before this one failed, and knows why. */
function isAborted(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "25P02";
}

/** Stages and queues know a passing failure by its kind, not by the texts of a driver. */
function throwAsFault(error: unknown): never {
  throw asDbFault(error) ?? error;
}

/** Proves at the start that this is our database and that its grants hold us. */
async function assertUsable(pool: Pool, role: DbRole | Owner): Promise<void> {
  const { rows } = await onceStarted(() =>
    pool.query<{ role: string; migrated: boolean }>(
      "SELECT current_user AS role, to_regclass('mirror.cursor') IS NOT NULL AS migrated",
    ),
  ).catch((cause: Error & { code?: string }) => {
    if (cause.code === MISSING_ROLE) throw new Error(NOT_MIGRATED, { cause });
    throw new Error(
      `The database at DATABASE_URL cannot be used (${cause.code ?? "no answer"}): check the address.`,
      { cause },
    );
  });
  if (rows[0]?.migrated !== true) throw new Error(NOT_MIGRATED);
  // A pooler in between may drop the setting in silence, and the grants with it.
  if (role !== "owner" && rows[0].role !== role) {
    throw new Error(
      `The database runs us as ${rows[0].role}, not as ${role}: connect without a pooler ` +
        "that drops startup options, or let it pass `options`.",
    );
  }
}

/**
 * Waits for a server that says that it is starting; ending at once would only begin it all again.
 */
async function onceStarted<T>(ask: () => Promise<T>): Promise<T> {
  const endMs = systemClock.monotonicMs() + STARTING_LIMIT_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const starting = STARTING_STATES.test(String((error as { code?: unknown }).code));
      if (!starting || systemClock.monotonicMs() > endMs) throw error;
    }
    await systemClock.sleep(STARTING_POLL_MS);
  }
}
