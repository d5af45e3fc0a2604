// The mirror's tables as plain values, to compare one mirror with another and with the chain.
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { TABLES } from "#indexer/projections.ts";
import type { Chain } from "#server/platform/chain.ts";
import type { Db, Sql } from "#server/platform/db/client.ts";

export type MirrorDump = Record<string, Record<string, unknown>[]>;

/** Every table that a projection owns, in the order of its key. */
export async function dumpMirror(db: Sql): Promise<MirrorDump> {
  const dump: MirrorDump = {};
  for (const { name, key } of TABLES) {
    const order = ["deployment", ...key].map((column) => `"${column}"`).join(", ");
    const { rows } = await db.query<Record<string, unknown>>({
      text: `SELECT * FROM mirror."${name}" ORDER BY ${order}`,
    });
    dump[name] = rows;
  }
  return dump;
}

/** Rows of one table; a name that no projection has is a mistake of the test. */
export function rowsOf(dump: MirrorDump, table: string): Record<string, unknown>[] {
  const rows = dump[table];
  if (rows === undefined) throw new Error(`no projection has a table ${table}`);
  return rows;
}

/** Every mirrored ticket as the contract itself tells it. */
export async function readFromChain(db: Db, chain: Chain) {
  const tickets = rowsOf(await dumpMirror(db), "ticket");
  return Promise.all(
    tickets.map(async (row) => {
      const ticket = await chain.client.readContract({
        address: chain.deployment.tickets,
        abi: ticketsAbi,
        functionName: "ticketOf",
        args: [row.ticket_id as bigint],
      });
      return { row, ticket };
    }),
  );
}
