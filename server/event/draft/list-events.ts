// The events that somebody organises, page by page.
import type { z } from "zod";
import type { OrganiserEvents } from "../../api/organiser.ts";
import type { EventState } from "../../domain/event.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";

interface Row {
  deployment: number;
  id: number;
  name: string;
  artist: string;
  venue: string;
  startsAt: Date;
  timeZone: string;
  state: EventState;
  version: number;
}

/** Newest first, by id: that order never changes, so that no page repeats or skips one. */
export async function listOrganiserEvents(
  sql: Sql,
  query: { address: string; limit: number; after: EventRef | undefined },
): Promise<z.output<typeof OrganiserEvents>> {
  const { address, limit, after } = query;
  const { rows } = await sql.query<Row>({
    text: `SELECT deployment, id, name, artist, venue, starts_at AS "startsAt",
                  time_zone AS "timeZone", state, version
           FROM sale.event
           WHERE (EXISTS (SELECT 1 FROM sale.role WHERE address = $1 AND revoked_at IS NULL
                            AND role = 'operator')
                  OR EXISTS (SELECT 1 FROM sale.role WHERE address = $1 AND revoked_at IS NULL
                               AND role = 'organiser' AND role.deployment = event.deployment
                               AND role.event_id = event.id))
             AND ($2::int IS NULL OR deployment > $2 OR (deployment = $2 AND id < $3))
           ORDER BY deployment, id DESC LIMIT $4`,
    values: [address, after?.deployment ?? null, after?.eventId ?? null, limit + 1],
  });
  const events = rows.slice(0, limit).map(({ deployment, id, startsAt, ...row }) => ({
    id: formatEventId({ deployment, eventId: id }),
    ...row,
    startsAt: startsAt.toISOString(),
  }));
  return { events, next: rows.length > limit ? (events.at(-1)?.id ?? null) : null };
}
