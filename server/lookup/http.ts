// The routes that look things up in the mirror; each answer says how new the mirror is.
import type { EVENT_LOOKUP_ROUTES } from "../api/event-lookup-routes.ts";
import type { Handlers } from "../api/handler.ts";
import type { LOOKUP_ROUTES } from "../api/lookup-routes.ts";
import { parseEventId, parseTicketId } from "../domain/ticket-id.ts";
import type { Chains } from "../platform/chain.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import { listTickets, readTicket } from "../ticket/read-tickets.ts";
import { eventHandlers } from "./event-http.ts";
import { findBySeat, findPaidOrder, findTransaction } from "./find.ts";
import { listPayouts } from "./list-payouts.ts";
import { createLook } from "./look.ts";
import { listSales, readRoyalties } from "./read-event-money.ts";
import { readHistory } from "./read-history.ts";

export function lookupHandlers(deps: {
  db: Sql;
  chains: Chains;
  clock: Clock;
}): Handlers<keyof typeof LOOKUP_ROUTES | keyof typeof EVENT_LOOKUP_ROUTES> {
  const look = createLook(deps);
  return {
    ...eventHandlers(deps.db, look),
    listTickets: ({ query: { owner, limit, cursor, eventId, state }, mirrorAtLeast }) =>
      look(mirrorAtLeast, (db) =>
        listTickets(db, {
          ...{ owner, limit, state },
          after: cursor === undefined ? undefined : parseTicketId(cursor[0]),
          event: eventId === undefined ? undefined : parseEventId(eventId),
        }),
      ),
    getTicket: ({ params, mirrorAtLeast }) =>
      look(mirrorAtLeast, (db) => readTicket(db, parseTicketId(params.ticketId))),
    getTicketHistory: ({ params, mirrorAtLeast }) =>
      look(mirrorAtLeast, (db) => readHistory(db, parseTicketId(params.ticketId))),
    getSeatTicket: ({ params, mirrorAtLeast }) =>
      look(mirrorAtLeast, (db) =>
        findBySeat(db, parseEventId(params.eventId), Number(params.seat)),
      ),
    listSales: ({ params, query: { limit, cursor }, mirrorAtLeast }) =>
      look(mirrorAtLeast, (db) =>
        listSales(db, parseEventId(params.eventId), { limit, before: cursor }),
      ),
    getRoyalties: ({ params, mirrorAtLeast }) =>
      look(mirrorAtLeast, (db) => readRoyalties(db, parseEventId(params.eventId))),
    listPayouts: ({ params, query: { limit, cursor }, mirrorAtLeast }) =>
      look(mirrorAtLeast, (db) =>
        listPayouts(db, parseEventId(params.eventId), { limit, before: cursor }),
      ),
    getTransaction: ({ params, query, mirrorAtLeast }) =>
      look(mirrorAtLeast, () =>
        findTransaction(deps, { txHash: params.txHash, waitMs: query.wait * 1_000 }),
      ),
    getPaidOrder: ({ params, mirrorAtLeast }) =>
      look(mirrorAtLeast, (db) => findPaidOrder(db, params.orderId)),
    getMirror: () => look.mirror(),
  };
}
