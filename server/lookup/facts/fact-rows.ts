// The facts of a deployment in the order of the chain: the histories of the mirror, merged by their keys.
import type { z } from "zod";
import type { FactEvent } from "../../api/facts.ts";
import { formatEventId, formatTicketId } from "../../domain/ticket-id.ts";
import type { Position } from "./position.ts";

export interface FactRow {
  kind: z.output<typeof FactEvent>["kind"];
  event_id: number | null;
  ticket_id: bigint | null;
  sender: string | null;
  recipient: string | null;
  amount: bigint | null;
  currency: string | null;
  tx_hash: string;
  mined_at: Date;
  block_number: bigint;
  block_hash: string;
  log_index: number;
  part: number;
}

const NOBODY = `0x${"0".repeat(40)}`;
/**
 * Who held the ticket then, whoever holds it now. Not by ORDER BY and LIMIT: for those Postgres may
 * walk back through everybody's transfers instead of finding those of the ticket.
 */
const HOLDER = `(SELECT (array_agg(moved.recipient
    ORDER BY moved.block_number DESC, moved.log_index DESC))[1]
  FROM mirror.transfer AS moved
  WHERE moved.deployment = fact.deployment AND moved.ticket_id = fact.ticket_id
    AND (moved.block_number, moved.log_index) < (fact.block_number, fact.log_index))`;

interface Branch {
  table: string;
  kind: string;
  event?: string;
  ticket?: string;
  from?: string;
  to?: string;
  amount?: string;
  currency?: string;
  part?: string;
}

/** Every history of the mirror; a log is in one of them. */
const BRANCHES: readonly Branch[] = [
  {
    table: "transfer",
    kind: `CASE WHEN sender = '${NOBODY}' THEN 'mint' ELSE 'move' END`,
    event: "(ticket_id >> 40)::integer",
    ticket: "ticket_id",
    from: `nullif(sender, '${NOBODY}')`,
    to: "recipient",
  },
  {
    ...{ table: "sale", kind: "'sale'", event: "event_id", ticket: "ticket_id" },
    ...{ from: "seller", to: "buyer", amount: "price" },
  },
  { table: "check_in", kind: "'check-in'", event: "event_id", ticket: "ticket_id", from: HOLDER },
  { table: "ticket_void", kind: "'void'", event: "event_id", ticket: "ticket_id", from: HOLDER },
  {
    table: "order_paid",
    ...{ kind: "'order-paid'", event: "event_id", from: "payer", amount: "amount" },
  },
  {
    table: "escrow_entry",
    kind: `CASE kind WHEN 'deposited' THEN 'deposit' WHEN 'released' THEN 'release'
             WHEN 'refunded' THEN 'refund' WHEN 'funded' THEN 'fund' ELSE 'reclaim' END`,
    ...{ event: "event_id", ticket: "ticket_id", to: "account", amount: "amount" },
  },
  {
    ...{ table: "royalty", kind: "'royalty'", event: "event_id", to: "payee" },
    ...{ amount: "amount", currency: "currency", part: "position" },
  },
  {
    table: "payout",
    kind: "CASE kind WHEN 'sent' THEN 'payout' ELSE 'credit' END",
    ...{ to: "account", amount: "amount", currency: "currency" },
  },
];

/**
 * After the log $3 and part $4 of block $2, up to block $5, and no more than $6. Each history gives
 * a page of its own by its key, so that nothing is read that is far away.
 */
export const FACTS = `SELECT * FROM (${BRANCHES.map(branchText).join(" UNION ALL ")}) AS facts
  ORDER BY block_number, log_index, part LIMIT $6`;

function branchText(branch: Branch): string {
  const { table, kind, event, ticket, from, to, amount, currency, part } = branch;
  const key = part === undefined ? "" : `, ${part}`;
  // Without its type it would be that of the column, which not every number of a reader's fits.
  const after = part === undefined ? "($2, $3)" : "($2, $3, $4::integer)";
  return `(SELECT ${kind} AS kind, ${event ?? "NULL::integer"} AS event_id,
      ${ticket ?? "NULL::bigint"} AS ticket_id, ${from ?? "NULL::text"} AS sender,
      ${to ?? "NULL::text"} AS recipient, ${amount ?? "NULL::numeric"} AS amount,
      ${currency ?? "NULL::text"} AS currency, tx_hash, mined_at, block_number, block_hash,
      log_index, ${part ?? "0"}::integer AS part
    FROM mirror.${table} AS fact
    WHERE deployment = $1 AND (block_number, log_index${key}) > ${after} AND block_number <= $5
    ORDER BY block_number, log_index${key} LIMIT $6)`;
}

export function positionOf(deployment: number, row: FactRow): Position {
  const { block_number: number, block_hash: hash, log_index: log, part } = row;
  return { deployment, number, hash, fact: { log, part } };
}

export function presentFact(
  deployment: number,
  row: FactRow,
  finalNumber: bigint,
): z.output<typeof FactEvent> {
  const { event_id: eventId, ticket_id: ticketId } = row;
  return {
    kind: row.kind,
    eventId: eventId === null ? null : formatEventId({ deployment, eventId }),
    ticketId: ticketId === null ? null : formatTicketId({ deployment, ticketId }),
    ...{ from: row.sender, to: row.recipient },
    ...{ amount: row.amount?.toString() ?? null, currency: row.currency },
    ...{ txHash: row.tx_hash, blockNumber: Number(row.block_number), logIndex: row.log_index },
    at: row.mined_at.toISOString(),
    state: row.block_number <= finalNumber ? "final" : "confirmed",
  };
}
