// Remembers that a wallet has read what it was told; the first time counts.
import type { Sql } from "../platform/db/client.ts";

const PREFIX = "ntc_";

/** Those of others, and those that are gone, are left out: there is nothing to tell of them. */
export async function markRead(
  sql: Sql,
  { wallet, noticeIds }: { wallet: string; noticeIds: readonly string[] },
): Promise<void> {
  await sql.query({
    text: `UPDATE sale.notice SET read_at = now()
           WHERE wallet = $1 AND id = ANY ($2) AND read_at IS NULL`,
    values: [wallet, noticeIds.map((id) => id.slice(PREFIX.length))],
  });
}
