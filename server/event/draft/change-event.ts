// Changes an event's terms: those that are named, and only while they may still change.
import type { z } from "zod";
import type { EventChange } from "../../api/organiser.ts";
import type { EventRef } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";
import { countChange, lockEvent, requireChangeable } from "./lock-event.ts";
import { changedTerms, requireFitting, TERMS_SELECTED, type TermsRow, termsOf } from "./terms.ts";

export async function changeEvent(
  sql: Sql,
  ref: EventRef,
  { version, change }: { version: number; change: z.output<typeof EventChange> },
): Promise<void> {
  const event = await lockEvent(sql, ref, version);
  const { rows } = await sql.query<TermsRow>({
    text: `SELECT ${TERMS_SELECTED} FROM sale.event WHERE deployment = $1 AND id = $2`,
    values: [ref.deployment, ref.eventId],
  });
  const before = termsOf(rows[0] as TermsRow);
  const changed = changedTerms(before, change);
  if (changed.length === 0) return;
  await requireChangeable(
    sql,
    event,
    changed.map(({ name }) => name),
  );
  const named = Object.entries(change).filter(([, value]) => value !== undefined);
  requireFitting({ ...before, ...Object.fromEntries(named) });
  const sets = changed.map(({ column }, at) => `${column} = $${at + 3}`);
  await sql.query({
    text: `UPDATE sale.event SET ${sets.join(", ")} WHERE deployment = $1 AND id = $2`,
    values: [ref.deployment, ref.eventId, ...changed.map(({ value }) => value)],
  });
  await countChange(sql, event);
}
