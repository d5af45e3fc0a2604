// Sets when what is on sale. A phase that has begun made a promise, and stays as it is.
import type { z } from "zod";
import type { PhasesRequest } from "../../api/organiser.ts";
import { Refusal } from "../../domain/failure.ts";
import { classNumber } from "../../domain/stock.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Sql } from "../../platform/db/client.ts";
import { countChange, type LockedEvent, lockEvent } from "./lock-event.ts";
import { invalid } from "./terms.ts";

type Phase = z.output<typeof PhasesRequest>["phases"][number];

interface PhaseRow {
  id: number;
  name: string;
  starts_at: Date;
  ends_at: Date;
  classes: number[];
  limit_per_person: number | null;
  limit_per_order: number;
  proof_of_work: number;
}

export async function putPhases(
  sql: Sql,
  { clock }: { clock: Clock },
  ref: EventRef,
  { version, phases }: { version: number; phases: readonly Phase[] },
): Promise<void> {
  const event = await lockEvent(sql, ref, version);
  const { rows: before } = await sql.query<PhaseRow>({
    text: `SELECT id, name, starts_at, ends_at, classes, limit_per_person, limit_per_order,
                  proof_of_work
           FROM sale.phase WHERE deployment = $1 AND event_id = $2`,
    values: [ref.deployment, ref.eventId],
  });
  requireFitting(phases, before);
  const wanted = numberPhases(phases, before);
  if (event.state !== "draft") requireBegunUntouched(event, { before, wanted, now: clock.now() });
  await sql.query({
    text: "DELETE FROM sale.phase WHERE deployment = $1 AND event_id = $2",
    values: [ref.deployment, ref.eventId],
  });
  for (const phase of wanted) {
    await sql.query({
      text: `INSERT INTO sale.phase (deployment, event_id, id, name, starts_at, ends_at, classes,
                                     limit_per_person, limit_per_order, proof_of_work)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      values: [
        ...[ref.deployment, ref.eventId, phase.id, phase.name, phase.starts_at, phase.ends_at],
        ...[phase.classes, phase.limit_per_person, phase.limit_per_order, phase.proof_of_work],
      ],
    });
  }
  await countChange(sql, event);
}

function requireFitting(phases: readonly Phase[], before: readonly PhaseRow[]): void {
  const ids = phases.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const errors = phases.flatMap(({ id, startsAt, endsAt }, at) => [
    ...(Date.parse(startsAt) < Date.parse(endsAt)
      ? []
      : [{ pointer: `/phases/${at}/endsAt`, detail: "A phase ends after it has begun." }]),
    ...(id === undefined || before.some((phase) => phase.id === id)
      ? []
      : [{ pointer: `/phases/${at}/id`, detail: `There is no phase ${id}.` }]),
    ...(id === undefined || ids.filter((other) => other === id).length === 1
      ? []
      : [{ pointer: `/phases/${at}/id`, detail: `The phase ${id} is there twice.` }]),
  ]);
  if (errors.length > 0) throw invalid(errors);
}

/** New ones get ids that none ever had in this list. */
function numberPhases(phases: readonly Phase[], before: readonly PhaseRow[]): PhaseRow[] {
  let last = Math.max(0, ...before.map(({ id }) => id));
  return phases.map((phase) => {
    if (phase.id === undefined) last += 1;
    return {
      id: phase.id ?? last,
      name: phase.name,
      starts_at: new Date(phase.startsAt),
      ends_at: new Date(phase.endsAt),
      classes: [...new Set(phase.classes.map(classNumber))].sort(),
      limit_per_person: phase.limitPerPerson,
      limit_per_order: phase.limitPerOrder,
      proof_of_work: phase.proofOfWork,
    };
  });
}

function requireBegunUntouched(
  { ref }: LockedEvent,
  given: { before: readonly PhaseRow[]; wanted: readonly PhaseRow[]; now: Date },
): void {
  const { before, wanted, now } = given;
  for (const phase of before) {
    if (phase.starts_at > now) continue;
    const after = wanted.find(({ id }) => id === phase.id);
    if (after !== undefined && JSON.stringify(after) === JSON.stringify(phase)) continue;
    const part = `phases/${phase.id}`;
    const detail = `${part} of ${formatEventId(ref)} is fixed: the phase has begun.`;
    const since = phase.starts_at.toISOString();
    throw new Refusal("event/fixed", detail, { part, why: "begun", since });
  }
}
