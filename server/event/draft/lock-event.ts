// Takes an event for one change: nobody else changes it meanwhile, and nobody's change is overwritten.
import { type EventState, whyFixed } from "../../domain/event.ts";
import { Refusal } from "../../domain/failure.ts";
import { type EventRef, formatEventId } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";

export interface LockedEvent {
  ref: EventRef;
  state: EventState;
  version: number;
}

/** The event locked until the transaction ends; refused unless it is the version that was read. */
export async function lockEvent(
  sql: Sql,
  ref: EventRef,
  version: number | undefined,
): Promise<LockedEvent> {
  const { rows } = await sql.query<{ state: EventState; version: number }>({
    text: "SELECT state, version FROM sale.event WHERE deployment = $1 AND id = $2 FOR UPDATE",
    values: [ref.deployment, ref.eventId],
  });
  const [row] = rows;
  if (row === undefined) throw noSuchEvent(ref);
  if (version !== undefined && version !== row.version) {
    const detail = `${formatEventId(ref)} is at version ${row.version}, not at ${version}.`;
    throw new Refusal("event/version-changed", detail, { version: row.version });
  }
  return { ref, ...row };
}

export function noSuchEvent(ref: EventRef): Refusal {
  return new Refusal("request/not-found", `There is no event ${formatEventId(ref)}.`);
}

/** At the end of each change, so that whoever read the event before it must read it again. */
export async function countChange(sql: Sql, { ref }: LockedEvent): Promise<void> {
  await sql.query({
    text: `UPDATE sale.event SET version = version + 1, updated_at = now()
           WHERE deployment = $1 AND id = $2`,
    values: [ref.deployment, ref.eventId],
  });
}

/** Refuses to change what the chain knows or what fans have paid for, and says since when. */
export async function requireChangeable(
  sql: Sql,
  event: LockedEvent,
  parts: readonly string[],
): Promise<void> {
  if (event.state === "draft" || parts.length === 0) return;
  const soldAt = await firstSaleAt(sql, event.ref);
  for (const part of parts) {
    const why = whyFixed(part, { state: event.state, sold: soldAt !== null });
    if (why === undefined) continue;
    const chain = await onChainSince(sql, event.ref);
    const since = why === "sold" ? soldAt : chain.since;
    const reason =
      why === "sold" ? "tickets were sold by it" : "it is on chain or on its way to it";
    throw new Refusal(
      "event/fixed",
      `${part} of ${formatEventId(event.ref)} is fixed: ${reason}.`,
      {
        ...{ part, why, since: since?.toISOString() ?? null },
        ...(why === "on-chain" && { txHash: chain.txHash }),
      },
    );
  }
}

/** When the first seat was claimed that still is; orders that expired took nothing. */
async function firstSaleAt(sql: Sql, ref: EventRef): Promise<Date | null> {
  const { rows } = await sql.query<{ since: Date | null }>({
    text: `SELECT min("order".created_at) AS since FROM sale.claim
           JOIN sale."order" ON "order".id = claim.order_id
           WHERE claim.deployment = $1 AND claim.event_id = $2 AND claim.expires_at > now()`,
    values: [ref.deployment, ref.eventId],
  });
  return rows[0]?.since ?? null;
}

async function onChainSince(
  sql: Sql,
  ref: EventRef,
): Promise<{ since: Date | null; txHash: string | null }> {
  const { rows } = await sql.query<{ since: Date | null; txHash: string | null }>({
    text: `SELECT coalesce(tx.created_at, event.published_at, event.updated_at) AS since,
                  tx.hash AS "txHash"
           FROM sale.event
           LEFT JOIN sale.publish_step step ON step.deployment = event.deployment
             AND step.event_id = event.id AND step.step = 'create'
           LEFT JOIN sale.chain_tx tx ON tx.id = step.tx_id
           WHERE event.deployment = $1 AND event.id = $2`,
    values: [ref.deployment, ref.eventId],
  });
  return rows[0] ?? { since: null, txHash: null };
}
