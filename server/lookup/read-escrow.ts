// What lies in escrow for an event, and what was put there, paid out and paid back, newest first.
import type { z } from "zod";
import { ESCROW_KINDS, ESCROW_LIST, type EscrowResponse } from "../api/event-lookup.ts";
import { writeCursor } from "../api/page.ts";
import { type EventRef, formatTicketId } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { currencyOf } from "./read-event-money.ts";

type Escrow = z.output<typeof EscrowResponse>;
type Kind = Escrow["entries"][number]["kind"];

interface EntryRow {
  kind: Kind;
  account: string | null;
  ticket_id: bigint | null;
  amount: bigint;
  tx_hash: string;
  mined_at: Date;
  block_number: bigint;
  log_index: number;
  final: boolean;
}

const NEWEST = [Number.MAX_SAFE_INTEGER, 0] as const;
const SUMS = ["held", "funds", "deposited", "released", "refunded"] as const;

export async function readEscrow(
  db: Sql,
  event: EventRef,
  page: {
    kind?: Kind | undefined;
    limit: number;
    before: readonly [block: number, log: number] | undefined;
  },
): Promise<Escrow> {
  const [currency, sums, rows] = await Promise.all([
    currencyOf(db, event),
    readSums(db, event),
    readEntries(db, event, page),
  ]);
  const shown = rows.slice(0, page.limit);
  const edge = rows.length > page.limit ? shown.at(-1) : undefined;
  return {
    currency,
    ...sums,
    entries: shown.map((row) => ({
      ...{ kind: row.kind, account: row.account, amount: row.amount.toString() },
      ticketId:
        row.ticket_id === null
          ? null
          : formatTicketId({ deployment: event.deployment, ticketId: row.ticket_id }),
      ...{ txHash: row.tx_hash, at: row.mined_at.toISOString(), final: row.final },
    })),
    next:
      edge === undefined
        ? null
        : writeCursor(ESCROW_LIST, [Number(edge.block_number), edge.log_index]),
  };
}

async function readSums(
  db: Sql,
  { deployment, eventId }: EventRef,
): Promise<Record<(typeof SUMS)[number], string>> {
  const { rows } = await db.query<Record<(typeof SUMS)[number], bigint>>({
    name: "escrow-of-event",
    text: `SELECT ${SUMS.join(", ")} FROM mirror.escrow WHERE deployment = $1 AND event_id = $2`,
    values: [deployment, eventId],
  });
  const [row] = rows;
  // An event that nobody has paid on chain for has no row.
  const of = (name: (typeof SUMS)[number]) => (row?.[name] ?? 0n).toString();
  return {
    ...{ held: of("held"), funds: of("funds"), deposited: of("deposited") },
    ...{ released: of("released"), refunded: of("refunded") },
  };
}

/** Each kind has its own stretch of the index: a few refunds are found among all the deposits. */
async function readEntries(
  db: Sql,
  { deployment, eventId }: EventRef,
  page: Parameters<typeof readEscrow>[2],
): Promise<EntryRow[]> {
  const { kind, limit, before = NEWEST } = page;
  const { rows } = await db.query<EntryRow>({
    name: "escrow-entries-of-event",
    text: `SELECT entry.*, entry.block_number <= cursor.final_number AS final
           FROM unnest($3::text[]) AS wanted (name) CROSS JOIN LATERAL (
             SELECT kind, account, ticket_id, amount, tx_hash, mined_at, block_number, log_index
             FROM mirror.escrow_entry
             WHERE deployment = $1 AND event_id = $2 AND kind = wanted.name
               AND (block_number, log_index) < ($4, $5)
             ORDER BY block_number DESC, log_index DESC LIMIT $6
           ) AS entry JOIN mirror.cursor ON cursor.deployment = $1
           ORDER BY entry.block_number DESC, entry.log_index DESC LIMIT $6`,
    values: [
      ...[deployment, eventId, kind === undefined ? [...ESCROW_KINDS] : [kind]],
      ...[...before, limit + 1],
    ],
  });
  return rows;
}
