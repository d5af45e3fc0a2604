// The routes of tickets.
import type { Handlers } from "../api/handler.ts";
import { parseTicketId } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { listTickets, readTicket } from "./read-tickets.ts";

export function ticketHandlers({ db }: { db: Sql }): Handlers<"listTickets" | "getTicket"> {
  return {
    listTickets: async ({ query: { owner, limit, cursor } }) => ({
      body: await listTickets(db, {
        owner,
        limit,
        after: cursor === undefined ? undefined : parseTicketId(cursor[0]),
      }),
    }),
    getTicket: async ({ params }) => ({
      body: await readTicket(db, parseTicketId(params.ticketId)),
    }),
  };
}
