// The routes that look things up in the mirror; each answer says how new the mirror is.
import type { Handlers } from "../api/handler.ts";
import type { LOOKUP_ROUTES } from "../api/lookup-routes.ts";
import { parseEventId, parseTicketId } from "../domain/ticket-id.ts";
import type { Chains } from "../platform/chain.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/db/client.ts";
import { listTickets, readTicket } from "../ticket/read-tickets.ts";
import { findBySeat, findPaidOrder, findTransaction } from "./find.ts";
import { createFreshness } from "./freshness.ts";
import { listPayouts } from "./list-payouts.ts";
import { listSales, readRoyalties } from "./read-event-money.ts";
import { readHistory } from "./read-history.ts";

export function lookupHandlers(deps: {
  db: Sql;
  chains: Chains;
  clock: Clock;
}): Handlers<keyof typeof LOOKUP_ROUTES> {
  const { db } = deps;
  const freshness = createFreshness(deps);
  // Awaited together: an answer that is refused meanwhile would otherwise have nobody to hear it.
  const fresh = async <T>(answer: Promise<T>) => {
    const [headers, body] = await Promise.all([freshness.header(), answer]);
    return { headers, body };
  };
  return {
    listTickets: ({ query: { owner, limit, cursor, eventId, state } }) =>
      fresh(
        listTickets(db, {
          ...{ owner, limit, state },
          after: cursor === undefined ? undefined : parseTicketId(cursor[0]),
          event: eventId === undefined ? undefined : parseEventId(eventId),
        }),
      ),
    getTicket: ({ params }) => fresh(readTicket(db, parseTicketId(params.ticketId))),
    getTicketHistory: ({ params }) => fresh(readHistory(db, parseTicketId(params.ticketId))),
    getSeatTicket: ({ params }) =>
      fresh(findBySeat(db, parseEventId(params.eventId), Number(params.seat))),
    listSales: ({ params, query: { limit, cursor } }) =>
      fresh(listSales(db, parseEventId(params.eventId), { limit, before: cursor })),
    getRoyalties: ({ params }) => fresh(readRoyalties(db, parseEventId(params.eventId))),
    listPayouts: ({ params, query: { limit, cursor } }) =>
      fresh(listPayouts(db, parseEventId(params.eventId), { limit, before: cursor })),
    getTransaction: ({ params, query }) =>
      fresh(findTransaction(deps, { txHash: params.txHash, waitMs: query.wait * 1_000 })),
    getPaidOrder: ({ params }) => fresh(findPaidOrder(db, params.orderId)),
    getMirror: () => fresh(freshness.read().then((deployments) => ({ deployments }))),
  };
}
