// Holds our answers to the rows of the bare route: the same tickets, field by field, in the same order.
import { deepStrictEqual } from "node:assert";
import { formatEventId, unpackTicketId } from "#server/domain/ticket-id.ts";

/** As JSON has them: what is a bigint in Postgres is a text there. */
interface Row {
  deployment: number;
  ticket_id: string;
  owner: string;
  face: string;
  nonce: number;
  used: boolean;
  void: boolean;
  mint_tx: string;
  minted_at: string;
  final: boolean;
}

export async function requireSameAnswers(
  paths: readonly string[],
  { ourPort, barePort }: { ourPort: number; barePort: number },
): Promise<void> {
  for (const path of paths) {
    const ours = (await read(ourPort, path)) as { tickets?: unknown[]; next?: null };
    const rows = (await read(barePort, path)) as Row | Row[];
    const expected = Array.isArray(rows)
      ? { tickets: rows.map(ticketOf), next: null }
      : ticketOf(rows);
    deepStrictEqual(ours, expected, `The two answer differently to ${path}.`);
  }
}

async function read(port: number, path: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}.`);
  return await response.json();
}

function ticketOf(row: Row): object {
  const { eventId, seat } = unpackTicketId(BigInt(row.ticket_id));
  return {
    id: `tkt_${row.deployment}_${row.ticket_id}`,
    tokenId: row.ticket_id,
    eventId: formatEventId({ deployment: row.deployment, eventId }),
    seat,
    owner: row.owner,
    face: row.face,
    nonce: row.nonce,
    state: row.void ? "void" : row.used ? "used" : "valid",
    final: row.final,
    mintTx: row.mint_tx,
    mintedAt: row.minted_at,
  };
}
