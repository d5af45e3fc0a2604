// Shows what the chain is to be told of an event, or of all: how far each job is, why it waits, what did it.
import type { z } from "zod";
import { JOB_LIST, type JobListQuery, type JobListResponse } from "../api/job.ts";
import { writeCursor } from "../api/page.ts";
import type { JobKindName, JobState } from "../domain/job.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";

interface JobRow {
  id: bigint;
  deployment: number;
  event_id: number | null;
  kind: JobKindName;
  key: string;
  state: JobState;
  reason: string | null;
  tx_hash: string | null;
  tries: number;
  created_at: Date;
  due_at: Date;
}

/** Newest first. */
export async function listJobs(
  sql: Sql,
  event: EventRef | undefined,
  { limit, cursor, state, kind }: z.output<typeof JobListQuery>,
): Promise<z.output<typeof JobListResponse>> {
  const { rows } = await sql.query<JobRow>({
    text: `SELECT job.id, job.deployment, event_id, kind, key, job.state, reason, tries,
                  job.created_at, due_at, coalesce(job.tx_hash, tx.hash) AS tx_hash
           FROM sale.chain_job job LEFT JOIN sale.chain_tx tx ON tx.id = job.tx_id
           WHERE ($1::int IS NULL OR job.deployment = $1 AND event_id = $2)
             AND ($3::bigint IS NULL OR job.id < $3)
             AND ($4::text IS NULL OR job.state = $4) AND ($5::text IS NULL OR kind = $5)
           ORDER BY job.id DESC LIMIT $6`,
    values: [
      ...[event?.deployment ?? null, event?.eventId ?? null],
      ...[cursor?.[0] ?? null, state ?? null, kind ?? null, limit + 1],
    ],
  });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    jobs: rows.slice(0, limit).map((row) => ({
      ...{ kind: row.kind, subject: row.key, state: row.state, reason: row.reason },
      ...{ txHash: row.tx_hash, tries: row.tries },
      eventId:
        row.event_id === null
          ? null
          : formatEventId({ deployment: row.deployment, eventId: row.event_id }),
      askedAt: row.created_at.toISOString(),
      dueAt: row.due_at.toISOString(),
    })),
    next: last === undefined ? null : writeCursor(JOB_LIST, [Number(last.id)]),
  };
}
