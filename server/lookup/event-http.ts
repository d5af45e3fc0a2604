// The routes that look up one event in the mirror, and the tickets of one order.
import type { EVENT_LOOKUP_ROUTES } from "../api/event-lookup-routes.ts";
import type { Handlers } from "../api/handler.ts";
import { parseEventId, parseTicketId } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { listCheckIns } from "./list-check-ins.ts";
import { listEventTickets } from "./list-event-tickets.ts";
import type { Look } from "./look.ts";
import { readClasses } from "./read-classes.ts";
import { readEscrow } from "./read-escrow.ts";
import { readOrderTickets } from "./read-order-tickets.ts";

/** `sales` has the orders as well, which no copy of the mirror need have. */
export function eventHandlers(sales: Sql, look: Look): Handlers<keyof typeof EVENT_LOOKUP_ROUTES> {
  return {
    listEventTickets: ({ params, query: { cursor, ...query }, mirrorAtLeast }) => {
      const event = parseEventId(params.eventId);
      const after = cursor === undefined ? undefined : parseTicketId(cursor[0]).ticketId;
      return look(mirrorAtLeast, (db) => listEventTickets(db, event, { ...query, after }));
    },
    listCheckIns: ({ params, query: { limit, cursor }, mirrorAtLeast }) => {
      const event = parseEventId(params.eventId);
      const [id, block, log] = cursor ?? [];
      const after =
        id === undefined || block === undefined || log === undefined
          ? undefined
          : ([parseTicketId(id).ticketId, block, log] as const);
      return look(mirrorAtLeast, (db) => listCheckIns(db, event, { limit, after }));
    },
    getEscrow: ({ params, query: { kind, limit, cursor: before }, mirrorAtLeast }) => {
      const event = parseEventId(params.eventId);
      return look(mirrorAtLeast, (db) => readEscrow(db, event, { kind, limit, before }));
    },
    getClasses: ({ params, mirrorAtLeast }) =>
      look(mirrorAtLeast, (db) => readClasses(db, parseEventId(params.eventId))),
    getOrderTickets: ({ params: { orderId }, caller: { address: buyer }, mirrorAtLeast }) =>
      look.primary(mirrorAtLeast, () => readOrderTickets(sales, { orderId, buyer })),
  };
}
