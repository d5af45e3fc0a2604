// The mirror's tables as plain values, to compare one mirror with another and with the chain.
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { Chain } from "#server/platform/chain.ts";
import type { Db } from "#server/platform/db/client.ts";

export interface MirrorDump {
  tickets: Record<string, unknown>[];
  transfers: Record<string, unknown>[];
  events: Record<string, unknown>[];
}

export async function dumpMirror(db: Db): Promise<MirrorDump> {
  const read = async (table: string, order: string) =>
    (
      await db.query<Record<string, unknown>>({
        text: `SELECT * FROM mirror.${table} ORDER BY ${order}`,
      })
    ).rows;
  return {
    tickets: await read("ticket", "deployment, ticket_id"),
    transfers: await read("transfer", "deployment, block_number, log_index"),
    events: await read("event", "deployment, event_id"),
  };
}

/** Every mirrored ticket as the contract itself tells it. */
export async function readFromChain(db: Db, chain: Chain) {
  const { tickets } = await dumpMirror(db);
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
