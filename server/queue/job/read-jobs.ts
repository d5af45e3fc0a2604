// Reads jobs with what they are about; one that nobody can read is set aside instead of stopping the others.
import type { JobState } from "../../domain/job.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import type { Job, JobKind } from "./job-kind.ts";

/** What one round looks at of each state; the others have their turn in the next ones. */
const JOBS_PER_STATE = 1_000;

interface JobRow {
  id: bigint;
  event_id: number | null;
  state: JobState;
  tries: number;
  sent_hash: `0x${string}` | null;
  payload: unknown;
}

/** A group is what may go in one call: a deployment's jobs of one event, or of none. */
export interface Group {
  deployment: number;
  eventId: number | null;
}

const SELECTED = `job.id, job.event_id, job.state, job.tries, job.payload,
  (SELECT hash FROM sale.chain_tx tx WHERE tx.id = job.tx_id) AS sent_hash`;

/** Oldest due first. */
export async function readDueGroups<P>(
  sql: Sql,
  kind: Pick<JobKind<P>, "name">,
  deployment: number,
  limit: number,
): Promise<Group[]> {
  const { rows } = await sql.query<Group>({
    text: `SELECT deployment, event_id AS "eventId" FROM sale.chain_job
           WHERE kind = $1 AND deployment = $2 AND state = 'waiting' AND due_at <= now()
           GROUP BY deployment, event_id ORDER BY min(due_at) LIMIT $3`,
    values: [kind.name, deployment, limit],
  });
  return rows;
}

/** All that waits of a group, due or not: whoever is due takes the others along. */
export async function readWaiting<P>(
  deps: { db: Db; log: Log },
  kind: JobKind<P>,
  { deployment, eventId }: Group,
): Promise<Job<P>[]> {
  const { rows } = await deps.db.query<JobRow>({
    text: `SELECT ${SELECTED} FROM sale.chain_job job
           WHERE kind = $1 AND deployment = $2 AND event_id IS NOT DISTINCT FROM $3
             AND state = 'waiting' AND (due_at <= now() OR tries = 0)
           ORDER BY id LIMIT $4`,
    values: [kind.name, deployment, eventId, kind.perCallMax],
  });
  return parse(deps, kind, rows);
}

/** What is not over, the oldest of each state: those that wait must not hide those on their way. */
export async function readOpen<P>(
  deps: { db: Db; log: Log },
  kind: JobKind<P>,
  deployment: number,
): Promise<Job<P>[]> {
  const { rows } = await deps.db.query<JobRow>({
    text: `SELECT ${SELECTED}
           FROM unnest(ARRAY['waiting', 'sent', 'included', 'attention']) AS wanted (state),
             LATERAL (SELECT * FROM sale.chain_job
                      WHERE kind = $1 AND deployment = $2 AND chain_job.state = wanted.state
                        -- Said again for the index, which has none of those.
                        AND chain_job.state <> 'done'
                      ORDER BY id LIMIT $3) AS job`,
    values: [kind.name, deployment, JOBS_PER_STATE],
  });
  return parse(deps, kind, rows);
}

async function parse<P>(
  { db, log }: { db: Db; log: Log },
  kind: JobKind<P>,
  rows: readonly JobRow[],
): Promise<Job<P>[]> {
  const jobs: Job<P>[] = [];
  for (const { id, event_id: eventId, state, tries, sent_hash: sentHash, payload } of rows) {
    const parsed = kind.payload.safeParse(payload);
    if (parsed.success) jobs.push({ id, eventId, state, tries, sentHash, payload: parsed.data });
    else if (state === "waiting") {
      log.error({ jobId: id, kind: kind.name }, "a job cannot be read");
      await db.query({
        text: `UPDATE sale.chain_job SET state = 'attention', reason = 'unreadable',
                      updated_at = now() WHERE id = $1 AND state = 'waiting'`,
        values: [id],
      });
    }
  }
  return jobs;
}
