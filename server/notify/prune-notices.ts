// Forgets what wallets were told when the event's season is long over; who bought what is kept no longer for it.
import type { Sql } from "../platform/db/client.ts";

/** An event is sold and moved within a year; what it was told is then in nobody's mind. */
const KEPT_DAYS = 365;
const PRUNED_PER_ROUND = 10_000;

export async function pruneNotices(sql: Sql): Promise<number> {
  const { rowCount } = await sql.query({
    text: `DELETE FROM sale.notice WHERE id IN (
             SELECT id FROM sale.notice
             WHERE created_at < now() - $1 * interval '1 day' ORDER BY created_at LIMIT $2)`,
    values: [KEPT_DAYS, PRUNED_PER_ROUND],
  });
  return rowCount ?? 0;
}
