// Which of an event's paid lines go into the next transaction.
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

/** True when all of them are still waiting, and nobody else can take them in this transaction. */
export async function claimLines(sql: Sql, lines: readonly MintLine[]): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `SELECT id FROM sale.mint_line WHERE id = ANY($1) AND state = 'queued'
           ORDER BY id FOR UPDATE SKIP LOCKED`,
    values: [lines.map(({ id }) => id)],
  });
  return rowCount === lines.length;
}
