// Shows how what goes to the chain besides mints does: how much of each kind waits, and for how long.
import type { Sql } from "../../platform/db/client.ts";
import type { Metrics } from "../../platform/metrics.ts";

interface JobCount {
  kind: string;
  state: string;
  count: number;
  /** In seconds; null where nothing is due. */
  age: number | null;
}

export async function measureJobs(sql: Sql, metrics: Metrics): Promise<void> {
  const { rows } = await sql.query<JobCount>({
    // What is included waits for its finality alone, and what was set aside for a person.
    text: `SELECT kind, state, count(*)::int AS count,
                  extract(epoch FROM now() - min(since) FILTER (
                    WHERE state IN ('waiting', 'sent') AND since <= now()))::float8 AS age
           FROM (
             SELECT kind, state, CASE state WHEN 'waiting' THEN due_at ELSE updated_at END AS since
             FROM sale.chain_job WHERE state <> 'done'
             UNION ALL
             SELECT 'publish', state, updated_at FROM sale.publish_step WHERE state <> 'done'
             UNION ALL
             SELECT 'release-units', state, updated_at FROM sale.class_release
             WHERE state <> 'done'
             UNION ALL
             SELECT 'event-act', state, updated_at FROM sale.event_act WHERE state <> 'done'
             UNION ALL
             SELECT 'void', CASE state WHEN 'asked' THEN 'waiting' ELSE state END, updated_at
             FROM sale.refund_line WHERE state IN ('asked', 'sent')
             UNION ALL
             SELECT 'relay', relay_state, voucher.created_at
             FROM sale.voucher JOIN sale.payment ON payment.id = voucher.payment_id
             WHERE relay_state IN ('waiting', 'sent') AND payment.state = 'authorised'
           ) AS job GROUP BY kind, state`,
  });
  metrics.jobs.reset();
  metrics.jobOldestSeconds.reset();
  for (const { kind, state, count } of rows) metrics.jobs.set({ kind, state }, count);
  for (const [kind, those] of Map.groupBy(rows, (row) => row.kind)) {
    metrics.jobOldestSeconds.set({ kind }, Math.max(0, ...those.map(({ age }) => age ?? 0)));
  }
}
