// The routes that look things up in the mirror; each answer says how new the mirror is.
import type { EVENT_LOOKUP_ROUTES } from "../api/event-lookup-routes.ts";
import type { Handlers } from "../api/handler.ts";
import type { LOOKUP_ROUTES } from "../api/lookup-routes.ts";
import { parseEventId, parseTicketId } from "../domain/ticket-id.ts";
import type { Chains } from "../platform/chain.ts";
import type { Metrics } from "../platform/metrics.ts";
import { listTickets, readTicket } from "../ticket/read-tickets.ts";
import { createTransactionWait } from "./await-transaction.ts";
import { eventHandlers } from "./event-http.ts";
import { createFactFeed } from "./facts/fact-feed.ts";
import { findBySeat, findPaidOrder } from "./find.ts";
import { listPayouts } from "./list-payouts.ts";
import { createLook } from "./look.ts";
import { createMirrorHeads, type HeadsDeps } from "./mirror-heads.ts";
import { createNodeBudget } from "./node-budget.ts";
import { listSales, readRoyalties } from "./read-event-money.ts";
import { readHistory } from "./read-history.ts";
import type { Replicas } from "./replicas.ts";

const MS_PER_SECOND = 1_000;

interface LookupDeps extends HeadsDeps {
  chains: Chains;
  metrics: Metrics;
  replicas: Replicas;
}

export function lookupHandlers(
  deps: LookupDeps,
): Handlers<keyof typeof LOOKUP_ROUTES | keyof typeof EVENT_LOOKUP_ROUTES> {
  const heads = createMirrorHeads(deps);
  const look = createLook({ ...deps, heads });
  const facts = createFactFeed({ ...deps, heads });
  const findTransaction = createTransactionWait({
    ...deps,
    heads,
    nodeBudget: createNodeBudget(deps),
  });
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
    getTransaction: async ({ params: { txHash }, query, mirrorAtLeast, connection }) => {
      const { network, gone } = connection;
      const wish = { txHash, waitMs: query.wait * MS_PER_SECOND, network, gone };
      const { inclusion, answer } = await findTransaction(wish);
      // The header is to say that it is there, which was not so before the wait.
      const shown = answer.state === "mirrored" ? inclusion : undefined;
      const atLeast = shown?.deployments.map((id) => `${id};block=${shown.blockNumber}`) ?? [];
      if (mirrorAtLeast !== undefined) atLeast.push(mirrorAtLeast);
      const given = atLeast.length === 0 ? undefined : atLeast.join(", ");
      return look.primary(given, async () => answer);
    },
    getPaidOrder: ({ params, mirrorAtLeast }) =>
      look(mirrorAtLeast, (db) => findPaidOrder(db, params.orderId)),
    followFacts: async ({ query, lastEventId, connection }) => {
      const network = connection.network();
      return { events: facts.listen({ query, lastEventId, network }) };
    },
    getMirror: () => look.mirror(),
  };
}
