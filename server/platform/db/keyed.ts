// Once per Idempotency-Key: the answer is stored in the transaction of its effect, so a retry finds both or neither.
import { createHash } from "node:crypto";
import { Refusal } from "../../domain/failure.ts";
import type { Db, Sql } from "./client.ts";
import { type Outcome, outcomeOf } from "./gather-work.ts";

export interface KeyedRequest {
  owner: string;
  key: string;
  route: string;
  body: unknown;
}

const KEPT_DAYS = 7;
const PRUNED_PER_ROUND = 10_000;

interface KeyRow {
  at: bigint;
  route: string;
  body_hash: string;
  response: unknown;
}

export async function once<T>(
  db: Db,
  request: KeyedRequest,
  effect: (sql: Sql) => Promise<T>,
): Promise<T> {
  return db.transaction(async (sql) =>
    outcomeOf(await onceEach(sql, [request], async () => [{ done: await effect(sql) }])),
  );
}

/** The same for many requests in one transaction; the effect is told which of them are new. */
export async function onceEach<T>(
  sql: Sql,
  requests: readonly KeyedRequest[],
  effect: (fresh: readonly number[]) => Promise<Outcome<T>[]>,
): Promise<Outcome<T>[]> {
  const [isFree, stored] = await Promise.all([
    lockKeys(sql, requests),
    findStoredEach<T>(sql, requests),
  ]);
  const outcomes = requests.map((_, at): Outcome<T> | undefined => {
    // Waiting here would let one client's retries use up the pool.
    if (isFree[at] === true) return stored[at];
    return { refused: new Refusal("request/in-flight", "The same request is being handled.") };
  });
  const fresh = [...outcomes.keys()].filter((at) => outcomes[at] === undefined);
  if (fresh.length > 0) {
    const made = await effect(fresh);
    for (const [of, at] of fresh.entries()) outcomes[at] = made[of];
    await storeEach(
      sql,
      fresh.flatMap((at) => {
        const outcome = outcomes[at];
        const request = requests[at];
        if (request === undefined || outcome === undefined || !("done" in outcome)) return [];
        return [{ request, response: outcome.done }];
      }),
    );
  }
  return outcomes as Outcome<T>[];
}

/** In each of them whether nobody else is at it. */
async function lockKeys(sql: Sql, requests: readonly KeyedRequest[]): Promise<boolean[]> {
  const { rows } = await sql.query<{ free: boolean }>({
    name: "lock-keys",
    text: `SELECT pg_try_advisory_xact_lock(hashtextextended(key, 0)) AS free
           FROM unnest($1::text[]) WITH ORDINALITY AS given (key, at) ORDER BY at`,
    values: [requests.map(({ owner, key }) => `key:${owner}:${key}`)],
  });
  return rows.map(({ free }) => free);
}

async function storeEach(
  sql: Sql,
  made: readonly { request: KeyedRequest; response: unknown }[],
): Promise<void> {
  if (made.length === 0) return;
  await sql.query({
    name: "store-keys",
    text: `INSERT INTO sale.idempotency_key (owner, key, route, body_hash, response)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[])`,
    values: [
      made.map(({ request }) => request.owner),
      made.map(({ request }) => request.key),
      made.map(({ request }) => request.route),
      made.map(({ request }) => hashBody(request)),
      made.map(({ response }) => JSON.stringify(response)),
    ],
  });
}

/** The answer that this key already has, if any; a key of another request is refused. */
export async function findStored<T>(sql: Sql, request: KeyedRequest): Promise<T | undefined> {
  const [found] = await findStoredEach<T>(sql, [request]);
  return found === undefined ? undefined : outcomeOf([found]);
}

export async function findStoredEach<T>(
  sql: Sql,
  requests: readonly KeyedRequest[],
): Promise<(Outcome<T> | undefined)[]> {
  const { rows } = await sql.query<KeyRow>({
    name: "stored-keys",
    text: `SELECT given.at, stored.route, stored.body_hash, stored.response
           FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given (owner, key, at)
           JOIN sale.idempotency_key stored USING (owner, key)`,
    values: [requests.map(({ owner }) => owner), requests.map(({ key }) => key)],
  });
  const found = new Map(rows.map((row) => [Number(row.at) - 1, row]));
  return requests.map((request, at) => {
    const row = found.get(at);
    if (row === undefined) return undefined;
    if (row.route !== request.route || row.body_hash !== hashBody(request)) {
      const detail = "This key was used for another request.";
      return { refused: new Refusal("request/key-reused", detail) };
    }
    return { done: row.response as T };
  });
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
