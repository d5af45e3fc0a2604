// Begins, shows and takes back the publishing of an event; the worker does the rest by the same rows.
import type { z } from "zod";
import type { PublishProgress } from "../../api/organiser.ts";
import { appendAudit } from "../../audit/append.ts";
import type { EventState, PublishStepName, PublishStepState } from "../../domain/event.ts";
import { Refusal } from "../../domain/failure.ts";
import { CLASSES } from "../../domain/stock.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import type { Deployment } from "../../platform/env.ts";
import { countChange, type LockedEvent, lockEvent, noSuchEvent } from "../draft/lock-event.ts";
import { chainStepsOf } from "./chain-steps.ts";
import { findDraftProblems, readPublishFacts } from "./read-facts.ts";

export interface BeginDeps {
  db: Db;
  clock: Clock;
}

/** The steps become rows with the state of the event; asked again, those that stopped go on. */
export async function beginPublishing(
  deps: BeginDeps,
  ref: EventRef,
  given: { version: number | undefined; deployment: Deployment; actor: string },
): Promise<void> {
  const { version, deployment, actor } = given;
  await deps.db.transaction(async (sql) => {
    const event = await lockEvent(sql, ref, version);
    if (event.state === "publishing" || event.state === "published") return retry(sql, ref);
    if (event.state !== "draft") throw wrongState(event);
    const facts = await readPublishFacts(sql, ref);
    const now = deps.clock.now();
    // Once more, under the lock: what was checked before may have changed since.
    const problems = await findDraftProblems(sql, facts, { deployment, now });
    requireReady(problems);
    const steps = chainStepsOf(facts, deployment).map(({ name }) => name);
    await sql.query({
      text: `UPDATE sale.event SET state = 'publishing', plan_hash = $3
             WHERE deployment = $1 AND id = $2`,
      values: [ref.deployment, ref.eventId, facts.draft.planHash],
    });
    await sql.query({
      text: `INSERT INTO sale.publish_step (deployment, event_id, step, position)
             SELECT $1, $2, step, position
             FROM unnest($3::text[]) WITH ORDINALITY AS given (step, position)`,
      values: [ref.deployment, ref.eventId, steps],
    });
    await countChange(sql, event);
    const act = { actor, act: "event.publishing-began", subject: formatEventId(ref) };
    await appendAudit(sql, deps, { ...act, details: { planHash: facts.draft.planHash } });
  });
}

export function requireReady(problems: readonly { stops: boolean; detail: string }[]): void {
  const stopping = problems.filter(({ stops }) => stops);
  const [first] = stopping;
  if (first === undefined) return;
  throw new Refusal("event/not-ready", first.detail, { problems: stopping });
}

/** What the contract refused is tried again: a person may have changed something. */
async function retry(sql: Sql, ref: EventRef): Promise<void> {
  for (const table of ["publish_step", "class_release"]) {
    await sql.query({
      text: `UPDATE sale.${table} SET state = 'waiting', reason = NULL, updated_at = now()
             WHERE deployment = $1 AND event_id = $2 AND state = 'attention'`,
      values: [ref.deployment, ref.eventId],
    });
  }
}

/** Only while no bytes exist that could reach the chain by themselves. */
export async function withdrawPublishing(
  deps: BeginDeps,
  ref: EventRef,
  actor: string,
): Promise<void> {
  await deps.db.transaction(async (sql) => {
    const event = await lockEvent(sql, ref, undefined);
    if (event.state !== "publishing") throw wrongState(event);
    // All of them locked: the worker claims a step in the transaction that stores its bytes.
    const { rows } = await sql.query<{ begun: boolean }>({
      text: `SELECT tx_id IS NOT NULL OR state IN ('sent', 'done') AS begun FROM sale.publish_step
             WHERE deployment = $1 AND event_id = $2 ORDER BY position FOR UPDATE`,
      values: [ref.deployment, ref.eventId],
    });
    if (rows.some(({ begun }) => begun)) {
      const detail = `${formatEventId(ref)} is on its way to the chain already.`;
      throw new Refusal("event/wrong-state", detail, { state: event.state });
    }
    await sql.query({
      text: "DELETE FROM sale.publish_step WHERE deployment = $1 AND event_id = $2",
      values: [ref.deployment, ref.eventId],
    });
    await sql.query({
      text: `UPDATE sale.event SET state = 'draft', plan_hash = NULL
             WHERE deployment = $1 AND id = $2`,
      values: [ref.deployment, ref.eventId],
    });
    await countChange(sql, event);
    const act = { actor, act: "event.publishing-withdrawn", subject: formatEventId(ref) };
    await appendAudit(sql, deps, { ...act, details: {} });
  });
}

function wrongState({ ref, state }: LockedEvent): Refusal {
  const detail = `${formatEventId(ref)} is ${state}.`;
  return new Refusal("event/wrong-state", detail, { state });
}

export async function readPublishing(
  sql: Sql,
  ref: EventRef,
): Promise<z.output<typeof PublishProgress>> {
  const { rows: events } = await sql.query<{ state: EventState; publishedAt: Date | null }>({
    text: `SELECT state, published_at AS "publishedAt" FROM sale.event
           WHERE deployment = $1 AND id = $2`,
    values: [ref.deployment, ref.eventId],
  });
  const [event] = events;
  if (event === undefined) throw noSuchEvent(ref);
  const { rows } = await sql.query<{
    step: PublishStepName;
    state: PublishStepState;
    reason: string | null;
    txHash: string | null;
    updatedAt: Date;
  }>({
    text: `SELECT step.step, step.state, step.reason, tx.hash AS "txHash",
                  step.updated_at AS "updatedAt"
           FROM sale.publish_step step LEFT JOIN sale.chain_tx tx ON tx.id = step.tx_id
           WHERE step.deployment = $1 AND step.event_id = $2 ORDER BY step.position`,
    values: [ref.deployment, ref.eventId],
  });
  return {
    state: event.state,
    publishedAt: event.publishedAt?.toISOString() ?? null,
    steps: rows.map((step) => ({ ...step, updatedAt: step.updatedAt.toISOString() })),
    releases: await readReleases(sql, ref),
  };
}

const RELEASES_SHOWN_MAX = 100;

async function readReleases(sql: Sql, ref: EventRef) {
  const { rows } = await sql.query<{
    at: number;
    units: number;
    state: PublishStepState;
    reason: string | null;
    txHash: string | null;
    updatedAt: Date;
  }>({
    text: `SELECT class AS at, cardinality(seats) AS units, release.state, reason,
                  tx.hash AS "txHash", updated_at AS "updatedAt"
           FROM sale.class_release release LEFT JOIN sale.chain_tx tx ON tx.id = release.tx_id
           WHERE release.deployment = $1 AND event_id = $2 ORDER BY release.id DESC LIMIT $3`,
    values: [ref.deployment, ref.eventId, RELEASES_SHOWN_MAX],
  });
  return rows.map(({ at, updatedAt, ...row }) => ({
    ...row,
    class: CLASSES[at] ?? ("public" as const),
    updatedAt: updatedAt.toISOString(),
  }));
}
