// The events that exist on chain.
import type { Sql } from "#server/platform/db/client.ts";
import type { Range } from "../range.ts";

export async function applyEvents(
  sql: Sql,
  { deployment, range }: { deployment: number; range: Range },
): Promise<void> {
  for (const fact of range.facts) {
    if (fact.kind !== "event-created") continue;
    await sql.query({
      text: `INSERT INTO mirror.event
               (deployment, event_id, organiser, plan_hash, block_number, block_hash, log_index)
             VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      values: [
        deployment,
        fact.eventId,
        fact.organiser,
        fact.planHash,
        fact.blockNumber,
        fact.blockHash,
        fact.logIndex,
      ],
    });
  }
}

export async function undoEvents(sql: Sql, deployment: number, ancestor: bigint): Promise<void> {
  await sql.query({
    text: "DELETE FROM mirror.event WHERE deployment = $1 AND block_number > $2",
    values: [deployment, ancestor],
  });
}
