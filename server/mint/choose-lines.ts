// Which events have paid lines waiting, and which of them go into the next transaction.
import type { EventRef } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";

export interface MintLine {
  id: bigint;
  ticketId: bigint;
  owner: `0x${string}`;
  class: number;
  unitPrice: bigint;
}

/** What the keys of this process are about to send: no two of them begin with the same lines. */
export type LinesInHand = Set<bigint>;

/** A hundred fresh wallets cost about 4.8 M gas, well below the 16.7 M of one transaction. */
const LINES_PER_BATCH = 100;

/** One class and one price per call of mintRuns: the oldest line's; the rest waits for its turn. */
export async function chooseLines(
  sql: Sql,
  event: EventRef,
  inHand: LinesInHand,
): Promise<MintLine[]> {
  const { rows } = await sql.query<{
    id: bigint;
    ticket_id: bigint;
    owner: `0x${string}`;
    class: number;
    unit_price: bigint;
  }>({
    text: `SELECT id, ticket_id, owner, class, unit_price FROM sale.mint_line
           WHERE deployment = $1 AND event_id = $2 AND state = 'queued' AND id <> ALL ($4)
           ORDER BY id LIMIT $3`,
    values: [event.deployment, event.eventId, LINES_PER_BATCH, [...inHand]],
  });
  const [oldest] = rows;
  return rows
    .filter((row) => row.class === oldest?.class && row.unit_price === oldest.unit_price)
    .map((row) => ({
      id: row.id,
      ticketId: row.ticket_id,
      owner: row.owner,
      class: row.class,
      unitPrice: row.unit_price,
    }));
}

export async function markLinesSent(
  sql: Sql,
  lines: readonly MintLine[],
  txId: bigint,
): Promise<void> {
  await sql.query({
    text: `UPDATE sale.mint_line SET state = 'sent', tx_id = $2, updated_at = now()
           WHERE id = ANY($1)`,
    values: [lines.map(({ id }) => id), txId],
  });
}

/** True when all of them are still waiting, and nobody else can take them in this transaction. */
export async function claimLines(sql: Sql, lines: readonly MintLine[]): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `SELECT id FROM sale.mint_line WHERE id = ANY($1) AND state = 'queued'
           ORDER BY id FOR UPDATE SKIP LOCKED`,
    values: [lines.map(({ id }) => id)],
  });
  return rowCount === lines.length;
}

/** From one event's first line to the next one's: what else they owe is not looked at. */
export async function readWaiting(sql: Sql): Promise<EventRef[]> {
  const { rows } = await sql.query<{ deployment: number; event_id: number }>({
    name: "waiting-events",
    text: `WITH RECURSIVE waiting AS (
             (SELECT deployment, event_id, id FROM sale.mint_line WHERE state = 'queued'
              ORDER BY deployment, event_id, id LIMIT 1)
             UNION ALL
             SELECT next.* FROM waiting, LATERAL (
               SELECT line.deployment, line.event_id, line.id FROM sale.mint_line line
               WHERE line.state = 'queued'
                 AND (line.deployment, line.event_id) > (waiting.deployment, waiting.event_id)
               ORDER BY line.deployment, line.event_id, line.id LIMIT 1) next)
           SELECT deployment, event_id FROM waiting ORDER BY id`,
  });
  return rows.map(({ deployment, event_id: eventId }) => ({ deployment, eventId }));
}
