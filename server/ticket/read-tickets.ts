// Tickets as the mirror shows them; two prepared statements, because everybody asks these questions.
import type { z } from "zod";
import { writeCursor } from "../api/page.ts";
import { TICKET_LIST, type TicketResponse } from "../api/ticket.ts";
import { Refusal } from "../domain/failure.ts";
import {
  type EventRef,
  formatEventId,
  formatTicketId,
  type TicketRef,
  unpackTicketId,
} from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";

export type Ticket = z.output<typeof TicketResponse>;

interface TicketRow {
  deployment: number;
  ticket_id: bigint;
  owner: string;
  face: bigint;
  nonce: number;
  used: boolean;
  void: boolean;
  mint_tx: string;
  minted_at: Date;
  final: boolean;
}

const COLUMNS = `ticket.deployment, ticket_id, owner, face, nonce, used, void, mint_tx, minted_at,
  ticket.block_number <= cursor.final_number AS final
  FROM mirror.ticket JOIN mirror.cursor USING (deployment)`;
const EVENT_AT = 40n;

/** Takes the owner, the position before the page, and how many. */
export const BY_OWNER = {
  name: "tickets-by-owner",
  text: `SELECT ${COLUMNS}
         WHERE owner = $1 AND (ticket.deployment, ticket_id) > ($2, $3)
         ORDER BY ticket.deployment, ticket_id LIMIT $4`,
};
/** Takes the deployment and the ticket. */
export const BY_ID = {
  name: "ticket-by-id",
  text: `SELECT ${COLUMNS} WHERE ticket.deployment = $1 AND ticket_id = $2`,
};

/** Ordered by deployment and id, which is a wallet's tickets by event and seat. */
export async function listTickets(
  db: Sql,
  query: {
    owner: string;
    limit: number;
    after: TicketRef | undefined;
    event?: EventRef | undefined;
    state?: Ticket["state"] | undefined;
  },
): Promise<{ tickets: Ticket[]; next: string | null }> {
  const { owner, limit, after, event, state } = query;
  const from = [after?.deployment ?? 0, after?.ticketId ?? 0n];
  const plain = event === undefined && state === undefined;
  const { rows } = await db.query<TicketRow>(
    plain
      ? { ...BY_OWNER, quick: true, values: [owner, ...from, limit + 1] }
      : { ...FILTERED, values: [owner, ...from, limit + 1, ...filterValues(event, state)] },
  );
  const page = rows.slice(0, limit).map(present);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { tickets: page, next: last === undefined ? null : writeCursor(TICKET_LIST, [last.id]) };
}

/** An event's tickets are neighbours in the index: its id is the highest bits of theirs. */
const FILTERED = {
  name: "tickets-by-owner-filtered",
  text: `SELECT ${COLUMNS}
         WHERE owner = $1 AND (ticket.deployment, ticket_id) > ($2, $3)
           AND ($5::smallint IS NULL OR
             (ticket.deployment = $5 AND ticket_id >= $6 AND ticket_id < $7))
           AND ($8::text IS NULL OR
             $8 = CASE WHEN void THEN 'void' WHEN used THEN 'used' ELSE 'valid' END)
         ORDER BY ticket.deployment, ticket_id LIMIT $4`,
};

function filterValues(event: EventRef | undefined, state: Ticket["state"] | undefined) {
  if (event === undefined) return [null, null, null, state ?? null];
  const first = BigInt(event.eventId) << EVENT_AT;
  return [event.deployment, first, first + (1n << EVENT_AT), state ?? null];
}

export async function readTicket(db: Sql, ref: TicketRef): Promise<Ticket> {
  const values = [ref.deployment, ref.ticketId];
  const { rows } = await db.query<TicketRow>({ ...BY_ID, quick: true, values });
  const row = rows[0];
  if (row === undefined) {
    throw new Refusal("request/not-found", `The mirror has no ticket ${formatTicketId(ref)}.`);
  }
  return present(row);
}

/** Those of these tickets that the mirror has, in the order of their ids. */
export async function readTickets(
  db: Sql,
  deployment: number,
  ticketIds: readonly bigint[],
): Promise<Ticket[]> {
  const { rows } = await db.query<TicketRow>({
    name: "tickets-by-ids",
    text: `SELECT ${COLUMNS} WHERE ticket.deployment = $1 AND ticket_id = ANY($2)
           ORDER BY ticket_id`,
    values: [deployment, ticketIds],
  });
  return rows.map(present);
}

function present(row: TicketRow): Ticket {
  const { eventId, seat } = unpackTicketId(row.ticket_id);
  return {
    id: formatTicketId({ deployment: row.deployment, ticketId: row.ticket_id }),
    tokenId: row.ticket_id.toString(),
    eventId: formatEventId({ deployment: row.deployment, eventId }),
    seat,
    owner: row.owner,
    face: row.face.toString(),
    nonce: row.nonce,
    state: row.void ? "void" : row.used ? "used" : "valid",
    final: row.final,
    mintTx: row.mint_tx,
    mintedAt: row.minted_at.toISOString(),
  };
}
