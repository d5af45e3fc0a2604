// The tickets of one event, by issue and seat, and those of a wallet, a class, a state or a row among them.
import type { z } from "zod";
import { EVENT_TICKET_LIST, type EventTicketListResponse } from "../api/event-lookup.ts";
import { writeCursor } from "../api/page.ts";
import { type ClassName, classNumber } from "../domain/stock.ts";
import {
  type EventRef,
  formatTicketId,
  ISSUE_MAX,
  packTicketId,
  SEAT_KEY_MAX,
} from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { readTickets, type Ticket } from "../ticket/read-tickets.ts";
import { currencyOf } from "./read-event-money.ts";

export interface EventTicketQuery {
  limit: number;
  after: bigint | undefined;
  owner?: string | undefined;
  state?: Ticket["state"] | undefined;
  class?: ClassName | undefined;
  section?: number | undefined;
  row?: number | undefined;
}

/** State and class are in no index: a page looks at so many tickets, and says where it stopped. */
const LOOKED_AT_MAX = 5_000;
const ISSUE_AT = 36;
const SECTION_SEATS = 2 ** 24;
const ROW_SEATS = 2 ** 12;

export async function listEventTickets(
  db: Sql,
  event: EventRef,
  query: EventTicketQuery,
): Promise<z.output<typeof EventTicketListResponse>> {
  const { limit } = query;
  const [{ rows }] = await Promise.all([
    db.query<{ last: bigint | null; looked_at: number; ticket_id: bigint | null }>(
      statementOf(event, query),
    ),
    currencyOf(db, event),
  ]);
  const found = rows.flatMap(({ ticket_id }) => (ticket_id === null ? [] : [ticket_id]));
  const page = found.slice(0, limit);
  const [edge] = rows;
  const stoppedAt = edge?.looked_at === LOOKED_AT_MAX ? edge.last : null;
  const last = found.length > limit ? (page.at(-1) as bigint) : stoppedAt;
  const { deployment } = event;
  return {
    tickets: await readTickets(db, deployment, page),
    next:
      last === null
        ? null
        : writeCursor(EVENT_TICKET_LIST, [formatTicketId({ deployment, ticketId: last })]),
  };
}

/**
 * An issue's tickets are neighbours in the index, by seat. Those of a section or a row are so
 * within each issue: one issue after another is asked for them.
 */
function statementOf(event: EventRef, query: EventTicketQuery) {
  const { owner, state, class: className, limit, after = 0n } = query;
  const { first, last } = seatsOf(query);
  const isWhole = query.section === undefined;
  const { eventId } = event;
  const from = packTicketId({ eventId, issue: 0, seat: first });
  const to = packTicketId({ eventId, issue: isWhole ? ISSUE_MAX : 0, seat: last });
  return {
    name: `event-tickets${isWhole ? "" : "-places"}${owner === undefined ? "" : "-of-owner"}`,
    text: `WITH looked_at AS MATERIALIZED (
             SELECT near.* FROM generate_series(0, $4::bigint) AS issue CROSS JOIN LATERAL (
               SELECT ticket_id, class, used, void FROM mirror.ticket
               WHERE deployment = $1 ${owner === undefined ? "" : "AND owner = $9"}
                 AND ticket_id > greatest($5::bigint,
                                        $2::bigint + (issue << ${ISSUE_AT}) - 1)
                 AND ticket_id <= $3::bigint + (issue << ${ISSUE_AT})
               ORDER BY ticket_id LIMIT ${LOOKED_AT_MAX}
             ) AS near ORDER BY ticket_id LIMIT ${LOOKED_AT_MAX})
           SELECT edge.*, ticket_id
           FROM (SELECT max(ticket_id) AS last, count(*)::int AS looked_at FROM looked_at) AS edge
           LEFT JOIN LATERAL (
             SELECT ticket_id FROM looked_at
             WHERE ($7::smallint IS NULL OR class = $7) AND ($8::text IS NULL OR
               $8 = CASE WHEN void THEN 'void' WHEN used THEN 'used' ELSE 'valid' END)
             ORDER BY ticket_id LIMIT $6
           ) AS fitting ON true ORDER BY ticket_id`,
    values: [
      ...[event.deployment, from, to, isWhole ? 0 : ISSUE_MAX, after, limit + 1],
      ...[className === undefined ? null : classNumber(className), state ?? null],
      ...(owner === undefined ? [] : [owner]),
    ],
  };
}

function seatsOf({ section, row }: EventTicketQuery): { first: number; last: number } {
  if (section === undefined) return { first: 0, last: SEAT_KEY_MAX };
  const first = section * SECTION_SEATS + (row ?? 0) * ROW_SEATS;
  return { first, last: first + (row === undefined ? SECTION_SEATS : ROW_SEATS) - 1 };
}
