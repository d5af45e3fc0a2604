// A copy of the database that is read and nothing else, and may be late, slow or gone at any time.
import { Pool } from "pg";
import { BY_INDEX, type Sql } from "./client.ts";
import { withTypes } from "./exact-types.ts";
import { asDbFault } from "./failure.ts";
import { gatherReads } from "./read-together.ts";
import { unnamed } from "./unnamed.ts";

export interface Replica {
  /** Its host, for logs and numbers: the address has a password in it. */
  name: string;
  sql: Sql;
  /** A connection of its own, to ask how it is: lookups may have all the others. */
  probe: Sql;
  close(): Promise<void>;
}

/** May read the mirror alone: nobody can come to ask a late copy for stock. */
const ROLE = "stagedoor_lookup";
/** Whoever waits longer is better off with the primary. */
const CONNECT_TIMEOUT_MS = 1_000;
const STATEMENT_TIMEOUT_MS = 2_000;
const ANSWER_TIMEOUT_MS = 3_000;

/** Opens no connection yet: a replica that is away is no reason not to start. */
export function openReplica({
  url,
  connectionsMax,
}: {
  url: string;
  connectionsMax: number;
}): Replica {
  const settings = {
    connectionString: unnamed(url),
    application_name: ROLE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    options: [`-c role=${ROLE}`, "-c default_transaction_read_only=on", ...BY_INDEX].join(" "),
  };
  const pools = [connectionsMax, 1].map((max) => new Pool({ ...settings, max, pipeline: true }));
  const [lookups, probe] = pools.map(sqlOf) as [Sql, Sql];
  return {
    name: new URL(url).host,
    sql: lookups,
    probe,
    close: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}

function sqlOf(pool: Pool): Sql {
  // One that breaks is replaced when it is needed; whoever had it learns of it from the statement.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const askTogether = gatherReads(pool);
  return {
    query: (statement) => {
      const query = withTypes(statement);
      const answer = statement.quick === true ? askTogether(query) : pool.query(query);
      return answer.catch((error: unknown) => {
        throw asDbFault(error) ?? error;
      });
    },
  };
}
