// Cancels an event or moves its doors: the sale knows at once, and the worker tells the chain.
import type { z } from "zod";
import type { RescheduleRequest } from "../../api/event-acts.ts";
import { appendAudit } from "../../audit/append.ts";
import type { EventActKind } from "../../domain/event.ts";
import { Refusal } from "../../domain/failure.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import { once } from "../../platform/db/keyed.ts";
import { countChange, lockEvent } from "../draft/lock-event.ts";
import { invalid, requireFitting, TERMS_SELECTED, type TermsRow, termsOf } from "../draft/terms.ts";

export interface ActDeps {
  db: Db;
  clock: Clock;
}

interface Asked {
  ref: EventRef;
  actor: `0x${string}`;
  key: string;
  why: string;
}

/** From the commit on nothing more is sold, and no door of ours admits. */
export async function cancelEvent(deps: ActDeps, asked: Asked): Promise<void> {
  const { ref, actor, key, why } = asked;
  const request = { owner: actor, key, route: "cancelEvent", body: { ref, why } };
  await once(deps.db, request, async (sql) => {
    const event = await lockPublished(sql, ref);
    await sql.query({
      text: "UPDATE sale.event SET state = 'cancelled' WHERE deployment = $1 AND id = $2",
      values: [ref.deployment, ref.eventId],
    });
    await countChange(sql, event);
    await insertAct(sql, { ...asked, kind: "cancel" });
    await audit(sql, deps, { ...asked, act: "event.cancelled", details: { why } });
    return true;
  });
}

type NewTimes = Pick<z.output<typeof RescheduleRequest>, "doorsAt" | "startsAt" | "endsAt">;

/** The new times are shown once the chain has them: it could still refuse. */
export async function rescheduleEvent(
  deps: ActDeps,
  asked: Asked & { times: NewTimes },
): Promise<void> {
  const { ref, actor, key, why, times } = asked;
  const request = { owner: actor, key, route: "rescheduleEvent", body: { ref, why, times } };
  await once(deps.db, request, async (sql) => {
    await lockPublished(sql, ref);
    await requireLater(sql, deps, { ref, times });
    await insertAct(sql, { ...asked, kind: "reschedule" });
    await audit(sql, deps, { ...asked, act: "event.moved", details: { why, ...times } });
    return true;
  });
}

async function lockPublished(sql: Sql, ref: EventRef) {
  const event = await lockEvent(sql, ref, undefined);
  const { rows } = await sql.query<{ kind: EventActKind }>({
    text: `SELECT kind FROM sale.event_act
           WHERE deployment = $1 AND event_id = $2 AND state IN ('waiting', 'sent')`,
    values: [ref.deployment, ref.eventId],
  });
  const [open] = rows;
  if (event.state === "published" && open === undefined) return event;
  const what = open === undefined ? event.state : `${event.state}, and a change is on its way`;
  const { state } = event;
  throw new Refusal("event/wrong-state", `${formatEventId(ref)} is ${what}.`, { state });
}

/** As the contract has it: whoever bought for a date may keep it free only until then. */
async function requireLater(
  sql: Sql,
  { clock }: ActDeps,
  { ref, times }: { ref: EventRef; times: NewTimes },
): Promise<void> {
  const { rows } = await sql.query<TermsRow>({
    text: `SELECT ${TERMS_SELECTED} FROM sale.event WHERE deployment = $1 AND id = $2`,
    values: [ref.deployment, ref.eventId],
  });
  const before = termsOf(rows[0] as TermsRow);
  const doorsMs = Date.parse(times.doorsAt);
  if (doorsMs <= Date.parse(before.doorsAt) || doorsMs <= clock.now().getTime()) {
    throw invalid([{ pointer: "/doorsAt", detail: "Doors can only be moved to a later time." }]);
  }
  // The freeze moves with the doors.
  requireFitting({ ...before, ...times, freezeAt: null });
}

async function insertAct(
  sql: Sql,
  act: Asked & { kind: EventActKind; times?: NewTimes },
): Promise<void> {
  const { ref, kind, times, why, actor } = act;
  await sql.query({
    text: `INSERT INTO sale.event_act
             (deployment, event_id, kind, doors_at, starts_at, ends_at, why, asked_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      ...[ref.deployment, ref.eventId, kind],
      ...[times?.doorsAt ?? null, times?.startsAt ?? null, times?.endsAt ?? null],
      ...[why, actor],
    ],
  });
}

async function audit(
  sql: Sql,
  deps: ActDeps,
  done: Asked & { act: string; details: Record<string, string> },
): Promise<void> {
  const { actor, act, ref, details } = done;
  await appendAudit(sql, deps, { actor, act, subject: formatEventId(ref), details });
}
