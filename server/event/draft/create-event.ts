// Begins an event: a draft with an id of its own, whose creator is its organiser.
import type { z } from "zod";
import type { EventRequest } from "../../api/organiser.ts";
import { appendAudit } from "../../audit/append.ts";
import { grantRole } from "../../auth/grant-role.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Sql } from "../../platform/db/client.ts";
import { requireFitting, TERM_COLUMNS, type TermName, type Terms, toColumn } from "./terms.ts";

export async function createEvent(
  sql: Sql,
  deps: { clock: Clock },
  given: {
    deployment: number;
    request: z.output<typeof EventRequest>;
    /** A wallet, or the part of the installation that makes it. */
    actor: string;
    organiser: string;
  },
): Promise<EventRef> {
  const { deployment, request, actor, organiser } = given;
  const terms: Terms = { ...request, organiser: request.organiser ?? organiser };
  requireFitting(terms);
  const ref = { deployment, eventId: await nextEventId(sql, deployment) };
  const names = Object.keys(TERM_COLUMNS) as TermName[];
  const columns = names.map((name) => TERM_COLUMNS[name]);
  const places = names.map((_, at) => `$${at + 3}`);
  await sql.query({
    text: `INSERT INTO sale.event (deployment, id, ${columns.join(", ")})
           VALUES ($1, $2, ${places.join(", ")})`,
    values: [deployment, ref.eventId, ...names.map((name) => toColumn(name, terms[name]))],
  });
  await grantRole(sql, deps, { scope: ref, address: organiser, role: "organiser", actor });
  const subject = formatEventId(ref);
  await appendAudit(sql, deps, { actor, act: "event.created", subject, details: {} });
  return ref;
}

/** Above all that we made and all that the mirror saw: the id becomes part of every ticket's. */
async function nextEventId(sql: Sql, deployment: number): Promise<number> {
  await sql.query({
    text: "SELECT pg_advisory_xact_lock(hashtextextended('event-ids:' || $1::int, 0))",
    values: [deployment],
  });
  const { rows } = await sql.query<{ last: number }>({
    text: `SELECT greatest((SELECT max(id) FROM sale.event WHERE deployment = $1),
                           (SELECT max(event_id) FROM mirror.event WHERE deployment = $1), 0) AS last`,
    values: [deployment],
  });
  return (rows[0]?.last ?? 0) + 1;
}
