// The tickets of the mirror: what a stretch of facts makes of them, and how they were before each block.
import { assertInvariant } from "#server/domain/failure.ts";
import { unpackTicketId } from "#server/domain/ticket-id.ts";
import type { Sql } from "#server/platform/db/client.ts";
import type { Fact } from "../decode.ts";
import type { Range } from "../range.ts";

/**
 * A row of mirror.ticket with the names of its columns. It travels as JSON, whose numbers are
 * rounded above 2^53, so every bigint and numeric column is text.
 */
interface TicketRow {
  deployment: number;
  ticket_id: string;
  event_id: number;
  owner: string;
  class: number | null;
  face: string | null;
  nonce: number;
  used: boolean;
  void: boolean;
  mint_tx: string;
  mint_block: string;
  minted_at: string;
  block_number: string;
  block_hash: string;
  log_index: number;
}

interface Undo {
  block_number: string;
  ticket_id: string;
  before: TicketRow | null;
}

const NOBODY = `0x${"0".repeat(40)}`;
/** The contract's nonce is 12 bits and stays at its highest value. */
const NONCE_MAX = 4095;

export async function applyTickets(
  sql: Sql,
  { deployment, range }: { deployment: number; range: Range },
): Promise<void> {
  const ids = new Set(range.facts.flatMap((fact) => ("ticketId" in fact ? [fact.ticketId] : [])));
  if (ids.size === 0) return;
  const tickets = await load(sql, deployment, [...ids]);
  const minedAt = new Map(range.headers.map((header) => [header.number, header.minedAt]));
  const undo = fold({ deployment, facts: range.facts, tickets, minedAt });
  await save(
    sql,
    [...tickets.values()].filter((row) => row !== null),
  );
  await sql.query({
    text: `INSERT INTO mirror.ticket_undo (deployment, block_number, ticket_id, before)
           SELECT $1, block_number, ticket_id, before
           FROM jsonb_to_recordset($2::jsonb)
             AS row (block_number bigint, ticket_id bigint, before jsonb)`,
    values: [deployment, JSON.stringify(undo)],
  });
}

/** Puts every ticket back as it was when the block `ancestor` was the newest. */
export async function undoTickets(sql: Sql, deployment: number, ancestor: bigint): Promise<void> {
  const { rows } = await sql.query<{ ticket_id: bigint; before: TicketRow | null }>({
    // The oldest undone block of each ticket holds what it was before all of them.
    text: `SELECT DISTINCT ON (ticket_id) ticket_id, before FROM mirror.ticket_undo
           WHERE deployment = $1 AND block_number > $2 ORDER BY ticket_id, block_number`,
    values: [deployment, ancestor],
  });
  const gone = rows.filter(({ before }) => before === null).map(({ ticket_id }) => ticket_id);
  await sql.query({
    text: "DELETE FROM mirror.ticket WHERE deployment = $1 AND ticket_id = ANY($2)",
    values: [deployment, gone],
  });
  await save(
    sql,
    rows.flatMap(({ before }) => (before === null ? [] : [before])),
  );
  await sql.query({
    text: "DELETE FROM mirror.ticket_undo WHERE deployment = $1 AND block_number > $2",
    values: [deployment, ancestor],
  });
}

type Tickets = Map<bigint, TicketRow | null>;

function fold(input: {
  deployment: number;
  facts: readonly Fact[];
  tickets: Tickets;
  minedAt: Map<bigint, Date>;
}): Undo[] {
  const { deployment, facts, tickets, minedAt } = input;
  const undo = new Map<string, Undo>();
  let minted: { txHash: string; ticketIds: bigint[] } = { txHash: "", ticketIds: [] };
  for (const fact of facts) {
    if (fact.kind === "batch-minted") {
      // The event follows the Transfers of its own batch, which
      // are the last ones of its transaction.
      const batch = minted.txHash === fact.txHash ? minted.ticketIds.splice(-fact.count) : [];
      assertInvariant(batch.length === fact.count, "BatchMinted follows its Transfers");
      for (const id of batch) {
        const row = tickets.get(id);
        if (row) tickets.set(id, { ...row, class: fact.class, face: fact.unitPrice.toString() });
      }
    }
    if (!("ticketId" in fact)) continue;
    const before = tickets.get(fact.ticketId) ?? null;
    const key = `${fact.blockNumber} ${fact.ticketId}`;
    if (!undo.has(key)) {
      const block_number = fact.blockNumber.toString();
      undo.set(key, { block_number, ticket_id: fact.ticketId.toString(), before });
    }
    if (fact.kind === "transfer" && fact.from === NOBODY) {
      if (minted.txHash !== fact.txHash) minted = { txHash: fact.txHash, ticketIds: [] };
      minted.ticketIds.push(fact.ticketId);
      const at = minedAt.get(fact.blockNumber) ?? new Date(0);
      tickets.set(fact.ticketId, mint({ deployment, fact, minedAt: at }));
    } else {
      assertInvariant(before !== null, "a ticket is minted before anything else happens to it");
      tickets.set(fact.ticketId, change(before, fact));
    }
  }
  return [...undo.values()];
}

function mint(input: {
  deployment: number;
  fact: Extract<Fact, { kind: "transfer" }>;
  minedAt: Date;
}): TicketRow {
  const { deployment, fact, minedAt } = input;
  return {
    deployment,
    ticket_id: fact.ticketId.toString(),
    event_id: unpackTicketId(fact.ticketId).eventId,
    owner: fact.to,
    class: null,
    face: null,
    nonce: 0,
    used: false,
    void: false,
    mint_tx: fact.txHash,
    mint_block: fact.blockNumber.toString(),
    minted_at: minedAt.toISOString(),
    ...position(fact),
  };
}

function change(row: TicketRow, fact: Fact): TicketRow {
  const moved = { ...row, ...position(fact) };
  switch (fact.kind) {
    case "transfer":
      return { ...moved, owner: fact.to, nonce: Math.min(row.nonce + 1, NONCE_MAX) };
    case "nonce-raised":
      return { ...moved, nonce: fact.nonce };
    case "checked-in":
      return { ...moved, used: true };
    case "voided":
      return { ...moved, void: true };
    default:
      return row;
  }
}

function position(fact: Fact) {
  return {
    block_number: fact.blockNumber.toString(),
    block_hash: fact.blockHash,
    log_index: fact.logIndex,
  };
}

async function load(sql: Sql, deployment: number, ids: bigint[]): Promise<Tickets> {
  const { rows } = await sql.query<{ ticket_id: bigint; row: TicketRow }>({
    name: "mirror-load-tickets",
    text: `SELECT ticket_id, to_jsonb(ticket) || jsonb_build_object(
             'ticket_id', ticket_id::text, 'face', face::text,
             'mint_block', mint_block::text, 'block_number', block_number::text) AS row
           FROM mirror.ticket WHERE deployment = $1 AND ticket_id = ANY($2)`,
    values: [deployment, ids],
  });
  return new Map(rows.map(({ ticket_id, row }) => [ticket_id, row]));
}

async function save(sql: Sql, rows: readonly TicketRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query({
    text: `INSERT INTO mirror.ticket
           SELECT * FROM jsonb_populate_recordset(NULL::mirror.ticket, $1::jsonb)
           ON CONFLICT (deployment, ticket_id) DO UPDATE SET
             owner = EXCLUDED.owner, class = EXCLUDED.class, face = EXCLUDED.face,
             nonce = EXCLUDED.nonce, used = EXCLUDED.used, void = EXCLUDED.void,
             mint_tx = EXCLUDED.mint_tx, mint_block = EXCLUDED.mint_block,
             minted_at = EXCLUDED.minted_at, block_number = EXCLUDED.block_number,
             block_hash = EXCLUDED.block_hash, log_index = EXCLUDED.log_index`,
    values: [JSON.stringify(rows)],
  });
}
