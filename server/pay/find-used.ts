// One hold becomes one order, however many tabs ask at once and whatever Redis still shows.
import { Refusal } from "../domain/failure.ts";
import type { Sql } from "../platform/db/client.ts";

/**
 * Two orders of the same seats collide by themselves; places of an area have no number before the
 * claim gives them one. A hold has one owner, whose lock is taken by now.
 */
export async function findUsed(
  sql: Sql,
  holdIds: readonly string[],
): Promise<(Refusal | undefined)[]> {
  const { rows } = await sql.query<{ hold_id: string }>({
    name: "orders-of-holds",
    text: `SELECT hold_id FROM sale.order WHERE hold_id = ANY($1) AND state <> 'expired'
             AND (state <> 'claimed' OR expires_at > now())`,
    values: [holdIds],
  });
  const used = new Set(rows.map(({ hold_id }) => hold_id));
  const refusal = () => new Refusal("hold/expired", "This hold became an order already.");
  return holdIds.map((id) => (used.has(id) ? refusal() : undefined));
}
