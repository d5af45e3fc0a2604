// Quick statements that come in one turn of the event loop go out together: one connection, one write.
import type { Socket } from "node:net";
import type { Pool, PoolClient, QueryConfig, QueryResult } from "pg";
import { atEndOfTurn } from "../turn.ts";

interface Waiting {
  query: QueryConfig;
  resolve: (result: QueryResult) => void;
  reject: (error: unknown) => void;
}

/** Each waits for those before it: few, so that they are read here while Postgres does others. */
const STATEMENTS_MAX = 16;

/**
 * The way to Postgres and back costs both sides more than finding a row by its key. Each statement
 * has its own answer or error, and a lone one waits for nothing but the end of its turn.
 */
export function gatherReads(pool: Pool): (query: QueryConfig) => Promise<QueryResult> {
  let waiting: Waiting[] = [];
  const send = () => {
    const batch = waiting;
    waiting = [];
    if (batch.length > 0) sendTogether(pool, batch);
  };
  return (query) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) atEndOfTurn(send);
      waiting.push({ query, resolve, reject });
      if (waiting.length === STATEMENTS_MAX) send();
    });
}

/** lock_not_available and query_canceled: it waited as long as a statement may. */
const WAITED = /^(55P03|57014)$/;

/**
 * Those behind one that waited in vain have waited as long, mostly for the same table: they are
 * refused with it, or sixteen would wait for sixteen limits in a row.
 */
function sendTogether(pool: Pool, batch: readonly Waiting[]): void {
  pool.connect((failure, client, release) => {
    if (client === undefined) {
      for (const { reject } of batch) reject(failure);
      return;
    }
    let unanswered = batch.length;
    let isOver = false;
    writeTogether(client);
    for (const { query, resolve, reject } of batch) {
      client.query(query, (failed, result) => {
        if (isOver) return;
        // The driver's type has no error that is missing.
        const error = failed as (Error & { code?: unknown }) | null;
        if (error !== null && WAITED.test(String(error.code))) {
          isOver = true;
          // With what it still has to answer.
          release(error);
          for (const each of batch.slice(batch.length - unanswered)) each.reject(error);
          return;
        }
        unanswered -= 1;
        // One that broke is known to the pool, which hands it out no more.
        if (unanswered === 0) release();
        if (error === null) resolve(result);
        else reject(error);
      });
    }
  });
}

/** What is asked in one go is one write: a way to Postgres costs more than most statements. */
export function writeTogether(client: PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}
