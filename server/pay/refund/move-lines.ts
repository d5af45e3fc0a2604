// Brings tickets that are taken back as far as the chain's mirror shows them to be, and names what is to be voided.
import type { MintLineState } from "../../domain/order.ts";
import { nextStep, type Pays, type RefundCause } from "../../domain/refund.ts";
import type { EventRef } from "../../domain/ticket-id.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";

/** A cancelled arena is worked off in some dozens of rounds. */
const LINES_PER_ROUND = 2_000;

interface LineRow {
  order_id: string;
  seat: bigint;
  deployment: number;
  event_id: number;
  ticket_id: bigint;
  amount: bigint;
  state: "asked" | "sent";
  cause: RefundCause;
  mint: MintLineState | null;
  void: boolean | null;
  used: boolean;
  resold: boolean;
  funded: boolean;
  final: boolean;
  cancelled: boolean;
  saw: boolean;
}

export interface ToVoid {
  event: EventRef;
  ticketIds: bigint[];
}

type LineKey = Pick<LineRow, "order_id" | "seat">;
type Voided = LineKey & { pays: Pays };

/** Answers, event by event, which tickets the chain is to be told of. */
export async function moveLines({ db, log }: { db: Db; log: Log }): Promise<ToVoid[]> {
  const rows = await readOpen(db);
  const toVoid = new Map<string, ToVoid>();
  const voided: Voided[] = [];
  const withdrawn: Voided[] = [];
  const refused: (LineKey & { reason: string })[] = [];
  const waiting: LineKey[] = [];
  for (const row of rows) {
    const { void: isVoid, used, resold, funded, final } = row;
    const ticket = isVoid === null ? null : { void: isVoid, used, resold, funded, final };
    const next = nextStep({ ...row, ticket, eventCancelled: row.cancelled, mirrorSaw: row.saw });
    if (next.step === "refused") refused.push({ ...row, reason: next.reason });
    if (next.step === "voided") (next.withdraw ? withdrawn : voided).push({ ...row, ...next });
    if (next.step === "void" && row.state === "asked") addTo(toVoid, row);
    if (next.step === "wait" || next.step === "void") waiting.push(row);
  }
  if (refused.length > 0)
    log.warn({ count: refused.length }, "refunds came after the ticket's use");
  await refuse(db, refused);
  await withdraw(db, withdrawn);
  await markVoided(db, voided);
  if (rows.length === LINES_PER_ROUND) await putLast(db, waiting);
  await followChain(db);
  return [...toVoid.values()];
}

function addTo(toVoid: Map<string, ToVoid>, row: LineRow): void {
  const event = { deployment: row.deployment, eventId: row.event_id };
  const key = `${event.deployment}:${event.eventId}`;
  const found = toVoid.get(key) ?? { event, ticketIds: [] };
  found.ticketIds.push(row.ticket_id);
  toVoid.set(key, found);
}

async function readOpen(sql: Sql): Promise<LineRow[]> {
  const { rows } = await sql.query<LineRow>({
    name: "open-refund-lines",
    text: `SELECT line.order_id, line.seat, line.deployment, line.event_id, line.ticket_id,
                  line.amount, line.state, refund.cause, mint.state AS mint,
                  ticket.void, ticket.used, ticket.resold, ticket.funded,
                  ticket.block_number <= cursor.final_number AS final,
                  coalesce(event.cancelled AND event.block_number <= cursor.final_number, false)
                    AS cancelled,
                  coalesce((SELECT mined_at > mint.updated_at FROM mirror.block
                            WHERE block.deployment = cursor.deployment
                              AND block.number = cursor.final_number), false) AS saw
           FROM sale.refund_line line JOIN sale.refund ON refund.id = line.refund_id
           LEFT JOIN sale.mint_line mint
             ON mint.order_id = line.order_id AND mint.ticket_id = line.ticket_id
           LEFT JOIN mirror.cursor ON cursor.deployment = line.deployment
           LEFT JOIN mirror.ticket
             ON ticket.deployment = line.deployment AND ticket.ticket_id = line.ticket_id
           LEFT JOIN mirror.event
             ON event.deployment = line.deployment AND event.event_id = line.event_id
           WHERE line.state IN ('asked', 'sent') ORDER BY line.updated_at LIMIT $1`,
    values: [LINES_PER_ROUND],
  });
  return rows;
}

/** Those that wait for long, as of an event that the chain will not cancel, let the others pass. */
async function putLast(sql: Sql, lines: readonly LineKey[]): Promise<void> {
  await sql.query({
    text: `UPDATE sale.refund_line line SET updated_at = now()
           FROM unnest($1::text[], $2::bigint[]) AS given (order_id, seat)
           WHERE line.order_id = given.order_id AND line.seat = given.seat
             AND line.state IN ('asked', 'sent')`,
    values: keysOf(lines),
  });
}

async function refuse(sql: Sql, lines: readonly (LineKey & { reason: string })[]): Promise<void> {
  if (lines.length === 0) return;
  await sql.query({
    text: `UPDATE sale.refund_line line
           SET state = 'refused', reason = given.reason, updated_at = now()
           FROM unnest($1::text[], $2::bigint[], $3::text[]) AS given (order_id, seat, reason)
           WHERE line.order_id = given.order_id AND line.seat = given.seat
             AND line.state IN ('asked', 'sent')`,
    values: [...keysOf(lines), lines.map(({ reason }) => reason)],
  });
}

/** Only what no worker has taken to be minted meanwhile, and together with it. */
async function withdraw(sql: Sql, lines: readonly Voided[]): Promise<void> {
  if (lines.length === 0) return;
  await sql.query({
    text: `WITH given AS (
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])
               AS given (order_id, seat, pays)),
           withdrawn AS (
             UPDATE sale.mint_line mint SET state = 'withdrawn', updated_at = now()
             FROM given JOIN sale.refund_line line
               ON line.order_id = given.order_id AND line.seat = given.seat
             WHERE mint.order_id = line.order_id AND mint.ticket_id = line.ticket_id
               AND mint.state IN ('queued', 'attention')
             RETURNING given.order_id, given.seat, given.pays)
           UPDATE sale.refund_line line
           SET state = 'voided', pays = withdrawn.pays, updated_at = now()
           FROM withdrawn
           WHERE line.order_id = withdrawn.order_id AND line.seat = withdrawn.seat
             AND line.state IN ('asked', 'sent')`,
    values: [...keysOf(lines), lines.map(({ pays }) => pays)],
  });
}

async function markVoided(sql: Sql, lines: readonly Voided[]): Promise<void> {
  if (lines.length === 0) return;
  await sql.query({
    text: `UPDATE sale.refund_line line
           SET state = 'voided', pays = given.pays, updated_at = now()
           FROM unnest($1::text[], $2::bigint[], $3::text[]) AS given (order_id, seat, pays)
           WHERE line.order_id = given.order_id AND line.seat = given.seat
             AND line.state IN ('asked', 'sent')`,
    values: [...keysOf(lines), lines.map(({ pays }) => pays)],
  });
}

/**
 * A transaction is over when the mirror has what it did, and sent again when a reorg took that
 * away. A line whose transaction is gone, as when another made its ticket void, has nothing to
 * wait for.
 */
async function followChain(sql: Sql): Promise<void> {
  const seen = `EXISTS (SELECT 1 FROM sale.refund_line line JOIN mirror.ticket
      ON ticket.deployment = line.deployment AND ticket.ticket_id = line.ticket_id
    WHERE line.tx_id = tx.id AND (ticket.refunded OR line.state <> 'waiting' AND ticket.void))`;
  await sql.query({
    text: `UPDATE sale.chain_tx tx SET state = 'included'
           WHERE tx.state IN ('signed', 'sent') AND ${seen}`,
  });
  await sql.query({
    text: `UPDATE sale.chain_tx tx SET state = 'sent', sent_at = to_timestamp(0)
           WHERE tx.state = 'included' AND NOT ${seen}
             AND EXISTS (SELECT 1 FROM sale.refund_line line
                         WHERE line.tx_id = tx.id AND line.state IN ('sent', 'waiting'))`,
  });
}

function keysOf(lines: readonly LineKey[]): [string[], bigint[]] {
  return [lines.map(({ order_id }) => order_id), lines.map(({ seat }) => seat)];
}
