// Writes down what the chain is to be told, in the transaction of whatever made it due; each thing once.
import type { Sql } from "../../platform/db/client.ts";
import type { JobKind } from "./job-kind.ts";

export interface Asked<P> {
  deployment: number;
  /** What is to be done, the same however often it is asked for. */
  key: string;
  eventId: number | null;
  payload: P;
}

/** Answers how many are new. */
export async function askJobs<P>(
  sql: Sql,
  kind: Pick<JobKind<P>, "name" | "payload" | "gatherMs">,
  asked: readonly Asked<P>[],
): Promise<number> {
  if (asked.length === 0) return 0;
  const { rowCount } = await sql.query({
    name: "ask-jobs",
    text: `INSERT INTO sale.chain_job (kind, due_at, deployment, key, event_id, payload)
           SELECT $1, now() + $2 * interval '1 ms', given.*
           FROM unnest($3::smallint[], $4::text[], $5::int[], $6::jsonb[]) AS given
           ON CONFLICT (deployment, kind, key) DO NOTHING`,
    values: [
      kind.name,
      kind.gatherMs,
      asked.map(({ deployment }) => deployment),
      asked.map(({ key }) => key),
      asked.map(({ eventId }) => eventId),
      asked.map(({ payload }) => JSON.stringify(kind.payload.parse(payload))),
    ],
  });
  return rowCount ?? 0;
}
