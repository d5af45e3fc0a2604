// Forgets webhook messages and their log when an organiser has had a month to look at them.
import type { Sql } from "../platform/db/client.ts";

const KEPT_DAYS = 30;
const PRUNED_PER_ROUND = 10_000;

/** Deliveries and attempts go with their message. */
export async function pruneMessages(sql: Sql): Promise<number> {
  const { rowCount } = await sql.query({
    text: `DELETE FROM sale.webhook_message WHERE id IN (
             SELECT id FROM sale.webhook_message
             WHERE created_at < now() - $1 * interval '1 day' ORDER BY created_at LIMIT $2)`,
    values: [KEPT_DAYS, PRUNED_PER_ROUND],
  });
  return rowCount ?? 0;
}
