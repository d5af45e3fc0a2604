// What publishing needs to know of an event, from its rows alone.
import type { EventProblem } from "../../domain/event-problems.ts";
import { findEventProblems } from "../../domain/event-problems.ts";
import type { Payee } from "../../domain/split.ts";
import { ACCESS } from "../../domain/stock.ts";
import type { EventRef } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";
import { LOCAL_CHAIN_ID } from "../../platform/development.ts";
import type { Deployment } from "../../platform/env.ts";
import { type Draft, readDraft } from "../draft/read-draft.ts";

export interface SignedPayee extends Payee {
  signature: `0x${string}` | null;
}

export interface PublishFacts {
  ref: EventRef;
  draft: Draft;
  payees: readonly SignedPayee[];
}

const COMPANIONS_LISTED_MAX = 20;

export async function readPublishFacts(sql: Sql, ref: EventRef): Promise<PublishFacts> {
  const draft = await readDraft(sql, ref);
  const { rows } = await sql.query<SignedPayee>({
    text: `SELECT address, share_bps AS "shareBps", signature FROM sale.payee
           WHERE deployment = $1 AND event_id = $2 ORDER BY position`,
    values: [ref.deployment, ref.eventId],
  });
  return { ref, draft, payees: rows };
}

/** Everything that the rows alone tell; the chain is asked apart from it. */
export async function findDraftProblems(
  sql: Sql,
  { ref, draft }: PublishFacts,
  { deployment, now }: { deployment: Deployment; now: Date },
): Promise<EventProblem[]> {
  return findEventProblems(
    { ...draft, lonelyCompanions: await findLonelyCompanions(sql, ref) },
    {
      now,
      installation: {
        splits: deployment.modules !== undefined,
        resale: deployment.modules !== undefined,
        token: deployment.currencies?.[draft.currency] !== undefined,
        local: deployment.chainId === LOCAL_CHAIN_ID,
      },
    },
  );
}

/** Beside: a neighbour without an aisle in between has the next number. */
async function findLonelyCompanions(sql: Sql, ref: EventRef): Promise<string[]> {
  const { rows } = await sql.query<{ label: string }>({
    text: `SELECT section || ', row ' || "row" || ', seat ' || number AS label
           FROM sale.seat AS companion
           WHERE deployment = $1 AND event_id = $2 AND access = $3
             AND NOT EXISTS (SELECT 1 FROM sale.seat AS place
                             WHERE place.deployment = $1 AND place.event_id = $2
                               AND place.access = $4
                               AND place.seat IN (companion.seat - 1, companion.seat + 1))
           ORDER BY seat LIMIT $5`,
    values: [
      ...[ref.deployment, ref.eventId],
      ...[ACCESS.indexOf("companion"), ACCESS.indexOf("wheelchair"), COMPANIONS_LISTED_MAX],
    ],
  });
  return rows.map(({ label }) => label);
}
