// Tells the chain what was decided about an event, and closes it here once no reorg can take that back.
import { encodeFunctionData } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { EventActKind } from "../../domain/event.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Chain } from "../../platform/chain.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import type { KeyDeps } from "../../platform/tx/key-turns.ts";
import type { Lane } from "../../platform/tx/lane.ts";
import { sendOnce } from "../../platform/tx/send-once.ts";

interface ActRow {
  id: bigint;
  kind: EventActKind;
  doors_at: Date | null;
}

const ACTS_MAX = 100;
/** By another hand, or by a transaction that we did not hear of: the mirror shows it. */
const DONE_ALREADY = new Set(["TicketsEventCancelled", "TicketsDoorsNotLater"]);

export async function eventsWithActs(sql: Sql): Promise<EventRef[]> {
  const { rows } = await sql.query<EventRef>({
    text: `SELECT deployment, event_id AS "eventId" FROM sale.event_act
           WHERE state = 'waiting' ORDER BY id LIMIT $1`,
    values: [ACTS_MAX],
  });
  return rows;
}

export async function runActs(
  deps: KeyDeps,
  { chain, lane, event }: { chain: Chain; lane: Lane; event: EventRef },
): Promise<void> {
  const { rows } = await deps.db.query<ActRow>({
    text: `SELECT id, kind, doors_at FROM sale.event_act
           WHERE deployment = $1 AND event_id = $2 AND state = 'waiting' ORDER BY id`,
    values: [event.deployment, event.eventId],
  });
  for (const row of rows) await send(deps, { chain, lane, event, row });
}

async function send(
  deps: KeyDeps,
  { chain, lane, event, row }: { chain: Chain; lane: Lane; event: EventRef; row: ActRow },
): Promise<void> {
  const refused = await sendOnce(
    deps,
    { chain, lane },
    {
      to: chain.deployment.tickets,
      data: dataOf(event, row),
      intent: `${row.kind} event ${event.eventId}`,
      claim: async (sql) => (await move(sql, row.id, "sent")) === 1,
      attach: async (sql, txId) => {
        const text = "UPDATE sale.event_act SET tx_id = $2 WHERE id = $1";
        await sql.query({ text, values: [row.id, txId] });
      },
    },
  );
  if (refused === undefined || DONE_ALREADY.has(refused.refusal)) return;
  const eventId = formatEventId(event);
  deps.log.error({ eventId, kind: row.kind, ...refused }, "the contract refuses an act");
  await move(deps.db, row.id, "attention", refused.refusal);
}

function dataOf({ eventId }: EventRef, { kind, doors_at: doorsAt }: ActRow) {
  const id = BigInt(eventId);
  if (kind === "cancel" || doorsAt === null) {
    return encodeFunctionData({ abi: ticketsAbi, functionName: "cancelEvent", args: [id] });
  }
  const seconds = Math.floor(doorsAt.getTime() / 1_000);
  return encodeFunctionData({ abi: ticketsAbi, functionName: "reschedule", args: [id, seconds] });
}

async function move(
  sql: Sql,
  id: bigint,
  to: "sent" | "attention",
  reason: string | null = null,
): Promise<number> {
  const { rowCount } = await sql.query({
    text: `UPDATE sale.event_act SET state = $2, reason = $3, updated_at = now()
           WHERE id = $1 AND state = 'waiting'`,
    values: [id, to, reason],
  });
  return rowCount ?? 0;
}

/** The act, its transaction and what fans are shown of the event together. */
export async function closeActs(db: Db): Promise<void> {
  await db.query({
    text: `WITH closed AS (
             UPDATE sale.event_act act SET state = 'done', reason = NULL, updated_at = now()
             FROM mirror.event shown JOIN mirror.cursor USING (deployment)
             WHERE act.state IN ('waiting', 'sent') AND shown.deployment = act.deployment
               AND shown.event_id = act.event_id
               AND shown.block_number <= cursor.final_number
               AND CASE act.kind WHEN 'cancel' THEN shown.cancelled
                   ELSE shown.doors_at = floor(extract(epoch FROM act.doors_at)) END
             RETURNING act.*),
           tx AS (
             UPDATE sale.chain_tx SET state = 'included'
             WHERE id IN (SELECT tx_id FROM closed) AND state IN ('signed', 'sent'))
           UPDATE sale.event
           SET freeze_at = freeze_at + (closed.doors_at - event.doors_at),
               doors_at = closed.doors_at, starts_at = closed.starts_at,
               ends_at = closed.ends_at, version = version + 1, updated_at = now()
           FROM closed
           WHERE closed.kind = 'reschedule' AND event.deployment = closed.deployment
             AND event.id = closed.event_id`,
  });
}
