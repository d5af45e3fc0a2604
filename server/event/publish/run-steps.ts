// Brings one event as far as it can go now: closes what the chain shows, and sends the next step.
import type { EventState, PublishStepName, PublishStepState } from "../../domain/event.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Chain } from "../../platform/chain.ts";
import type { Sql } from "../../platform/db/client.ts";
import type { KeyDeps } from "../../platform/tx/key-turns.ts";
import type { Lane } from "../../platform/tx/lane.ts";
import { sendOnce } from "../../platform/tx/send-once.ts";
import { chainStepsOf, standingOf } from "./chain-steps.ts";
import { type PublishFacts, readPublishFacts } from "./read-facts.ts";

interface StepRow {
  step: PublishStepName;
  state: PublishStepState;
}

export async function runSteps(
  deps: KeyDeps,
  { chain, lane, event }: { chain: Chain; lane: Lane; event: EventRef },
): Promise<void> {
  const { db, log } = deps;
  const rows = await readSteps(db, event);
  if (rows.length === 0) return;
  const facts = await readPublishFacts(db, event);
  for (const row of rows) {
    if (row.state === "done") continue;
    if (row.state === "attention") return;
    const standing = await standingOf(chain, facts, row.step);
    if (standing === "done") {
      await closeStep(db, event, row.step);
      continue;
    }
    if (standing === "conflict") {
      await setAside(db, event, { step: row.step, reason: "another event has this id on chain" });
      log.error({ eventId: formatEventId(event) }, "the chain has another event under this id");
      return;
    }
    // Sent and not yet there: whoever recovers transactions sends the same bytes again.
    if (row.state === "waiting") await sendStep(deps, { chain, lane, facts, step: row.step });
    return;
  }
  await finish(db, event);
}

async function readSteps(sql: Sql, event: EventRef): Promise<StepRow[]> {
  const { rows } = await sql.query<StepRow>({
    text: `SELECT step, state FROM sale.publish_step
           WHERE deployment = $1 AND event_id = $2 ORDER BY position`,
    values: [event.deployment, event.eventId],
  });
  return rows;
}

async function sendStep(
  deps: KeyDeps,
  target: { chain: Chain; lane: Lane; facts: PublishFacts; step: PublishStepName },
): Promise<void> {
  const { chain, facts, step: name } = target;
  const { ref } = facts;
  const step = chainStepsOf(facts, chain.deployment).find((one) => one.name === name);
  if (step === undefined) {
    const reason = "the deployment has no contract for it any more";
    return setAside(deps.db, ref, { step: name, reason });
  }
  const refused = await sendOnce(deps, target, {
    ...{ to: step.to, data: step.data, intent: `${name} event ${ref.eventId}` },
    // Withdrawn meanwhile: nothing is signed.
    claim: (sql) => claimStep(sql, ref, name),
    attach: async (sql, txId) => {
      await sql.query({
        text: `UPDATE sale.publish_step SET tx_id = $4
               WHERE deployment = $1 AND event_id = $2 AND step = $3`,
        values: [ref.deployment, ref.eventId, name, txId],
      });
    },
  });
  if (refused === undefined) return;
  deps.log.error({ eventId: formatEventId(ref), ...refused }, "the contract refuses an event");
  await setAside(deps.db, ref, { step: name, reason: refused.refusal });
}

async function claimStep(sql: Sql, event: EventRef, step: PublishStepName): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `UPDATE sale.publish_step SET state = 'sent', updated_at = now()
           WHERE deployment = $1 AND event_id = $2 AND step = $3 AND state = 'waiting'`,
    values: [event.deployment, event.eventId, step],
  });
  return rowCount === 1;
}

/** What the chain shows is done, whoever did it; a transaction of ours for it is over with it. */
async function closeStep(sql: Sql, event: EventRef, step: PublishStepName): Promise<void> {
  await sql.query({
    text: `WITH closed AS (
             UPDATE sale.publish_step SET state = 'done', reason = NULL, updated_at = now()
             WHERE deployment = $1 AND event_id = $2 AND step = $3 RETURNING tx_id)
           UPDATE sale.chain_tx SET state = 'included'
           WHERE id IN (SELECT tx_id FROM closed) AND state IN ('signed', 'sent')`,
    values: [event.deployment, event.eventId, step],
  });
}

async function setAside(
  sql: Sql,
  event: EventRef,
  { step, reason }: { step: PublishStepName; reason: string },
): Promise<void> {
  await sql.query({
    text: `UPDATE sale.publish_step SET state = 'attention', reason = $4, updated_at = now()
           WHERE deployment = $1 AND event_id = $2 AND step = $3 AND state IN ('waiting', 'sent')`,
    values: [event.deployment, event.eventId, step, reason],
  });
}

/** An event that was on sale already, and whose chain forgot it, stays what it is. */
async function finish(sql: Sql, event: EventRef): Promise<void> {
  const [from, to]: [EventState, EventState] = ["publishing", "published"];
  await sql.query({
    text: `UPDATE sale.event SET state = $4, published_at = now(), updated_at = now(),
                                 version = version + 1
           WHERE deployment = $1 AND id = $2 AND state = $3`,
    values: [event.deployment, event.eventId, from, to],
  });
}
