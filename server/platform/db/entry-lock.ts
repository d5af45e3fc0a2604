// Makes what a door and a box office decide about one ticket come one after the other.
import type { Sql } from "./client.ts";

/** Until the transaction ends; in the order of the ids, so that nobody waits in a circle. */
export async function lockEntry(
  sql: Sql,
  { deployment, ticketIds }: { deployment: number; ticketIds: readonly bigint[] },
): Promise<void> {
  await sql.query({
    name: "lock-entry",
    text: `SELECT pg_advisory_xact_lock(hashtextextended('entry:' || $1 || ':' || ticket, 0))
           FROM (SELECT ticket FROM unnest($2::bigint[]) AS ticket ORDER BY ticket) AS sorted`,
    values: [String(deployment), ticketIds],
  });
}
