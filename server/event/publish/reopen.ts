// Finds events that the chain does not know any more, and has their steps sent again.
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Chain } from "../../platform/chain.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import { standingOf } from "./chain-steps.ts";
import { readPublishFacts } from "./read-facts.ts";

/** Longer than any chain of ours takes to be final; afterwards nothing vanishes. */
const REOPEN_WINDOW_HOURS = 2;
const EVENTS_MAX = 100;

export async function vanishedEvents(sql: Sql): Promise<EventRef[]> {
  const { rows } = await sql.query<EventRef>({
    text: `SELECT DISTINCT deployment, event_id AS "eventId" FROM sale.publish_step
           WHERE state = 'done' AND updated_at > now() - $1 * interval '1 hour' LIMIT $2`,
    values: [REOPEN_WINDOW_HOURS, EVENTS_MAX],
  });
  return rows;
}

/**
 * The stored bytes are sent once more. A step that was done without a transaction of ours is made
 * anew.
 */
export async function reopenSteps(
  { db, log }: { db: Db; log: Log },
  { chain, event }: { chain: Chain; event: EventRef },
): Promise<void> {
  const facts = await readPublishFacts(db, event);
  const { rows } = await db.query<{ step: "create" | "market" | "split" }>({
    text: `SELECT step FROM sale.publish_step
           WHERE deployment = $1 AND event_id = $2 AND state = 'done' ORDER BY position`,
    values: [event.deployment, event.eventId],
  });
  for (const { step } of rows) {
    // An event without its first step has none of the others either, and cannot be asked for them.
    const standing = await standingOf(chain, facts, step).catch((error: unknown) => {
      if (step === "create") throw error;
      return "open" as const;
    });
    if (standing !== "open") continue;
    log.warn({ eventId: formatEventId(event), step }, "the chain lost a step; it is sent again");
    await db.query({
      text: `WITH gone AS (
               UPDATE sale.publish_step
               SET state = CASE WHEN tx_id IS NULL THEN 'waiting' ELSE 'sent' END,
                   updated_at = now()
               WHERE deployment = $1 AND event_id = $2 AND step = $3 AND state = 'done'
               RETURNING tx_id)
             UPDATE sale.chain_tx SET state = 'sent', sent_at = to_timestamp(0)
             WHERE id IN (SELECT tx_id FROM gone)`,
      values: [event.deployment, event.eventId, step],
    });
  }
}
