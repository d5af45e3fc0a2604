// One hold becomes one order, however many tabs ask at once and whatever Redis still shows.
import { Refusal } from "../domain/failure.ts";
import type { Sql } from "../platform/db/client.ts";

/**
 * Two orders of the same seats collide by themselves; places of an area have no number before the
 * claim gives them one. A hold has one owner, whose lock is taken by now.
 */
export async function requireUnused(sql: Sql, holdId: string): Promise<void> {
  const { rows } = await sql.query({
    name: "order-of-hold",
    text: `SELECT 1 FROM sale.order WHERE hold_id = $1 AND state <> 'expired'
             AND (state <> 'claimed' OR expires_at > now()) LIMIT 1`,
    values: [holdId],
  });
  if (rows.length > 0) throw new Refusal("hold/expired", "This hold became an order already.");
}
