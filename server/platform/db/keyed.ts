// Once per Idempotency-Key: the answer is stored in the transaction of its effect, so a retry finds both or neither.
import { createHash } from "node:crypto";
import { Refusal } from "../../domain/failure.ts";
import type { Db, Sql } from "./client.ts";

export interface KeyedRequest {
  owner: string;
  key: string;
  route: string;
  body: unknown;
}

const KEPT_DAYS = 7;
const PRUNED_PER_ROUND = 10_000;

interface KeyRow {
  route: string;
  body_hash: string;
  response: unknown;
}

export async function once<T>(
  db: Db,
  request: KeyedRequest,
  effect: (sql: Sql) => Promise<T>,
): Promise<T> {
  const bodyHash = hashBody(request);
  return db.transaction(async (sql) => {
    const { rows } = await sql.query<{ free: boolean }>({
      text: "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS free",
      values: [`key:${request.owner}:${request.key}`],
    });
    // Waiting here would let one client's retries use up the pool.
    if (rows[0]?.free !== true) {
      throw new Refusal("request/in-flight", "The same request is being handled.");
    }
    const stored = await findStored<T>(sql, request, bodyHash);
    if (stored !== undefined) return stored;
    const response = await effect(sql);
    await sql.query({
      text: `INSERT INTO sale.idempotency_key (owner, key, route, body_hash, response)
             VALUES ($1, $2, $3, $4, $5)`,
      values: [request.owner, request.key, request.route, bodyHash, JSON.stringify(response)],
    });
    return response;
  });
}

/** The answer that this key already has, if any; a key of another request is refused. */
export async function findStored<T>(
  sql: Sql,
  request: KeyedRequest,
  bodyHash = hashBody(request),
): Promise<T | undefined> {
  const { rows } = await sql.query<KeyRow>({
    text: "SELECT route, body_hash, response FROM sale.idempotency_key WHERE owner = $1 AND key = $2",
    values: [request.owner, request.key],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  if (row.route !== request.route || row.body_hash !== bodyHash) {
    throw new Refusal("request/key-reused", "This key was used for another request.");
  }
  return row.response as T;
}

/** Far longer than anybody goes on retrying. */
export async function pruneKeys(sql: Sql): Promise<void> {
  await sql.query({
    text: `DELETE FROM sale.idempotency_key WHERE (owner, key) IN (
             SELECT owner, key FROM sale.idempotency_key
             WHERE created_at < now() - $1 * interval '1 day' ORDER BY created_at LIMIT $2)`,
    values: [KEPT_DAYS, PRUNED_PER_ROUND],
  });
}

function hashBody({ body }: KeyedRequest): string {
  return createHash("sha256").update(JSON.stringify(body)).digest("hex");
}
