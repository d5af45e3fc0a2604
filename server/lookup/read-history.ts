// What happened to one ticket on chain, oldest first, and what was paid each time.
import type { z } from "zod";
import type { HistoryResponse } from "../api/lookup.ts";
import type { TicketRef } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { readTicket } from "../ticket/read-tickets.ts";

type Entry = z.output<typeof HistoryResponse>["entries"][number];

interface EntryRow {
  kind: Entry["kind"];
  sender: string | null;
  recipient: string | null;
  amount: bigint | null;
  tx_hash: string;
  mined_at: Date;
  final: boolean;
}

/** A ticket moves 4,095 times at most with a signature; nobody reads on from there. */
const ENTRIES_MAX = 5_000;
const NOBODY = `0x${"0".repeat(40)}`;

export async function readHistory(db: Sql, ref: TicketRef): Promise<{ entries: Entry[] }> {
  await readTicket(db, ref);
  const { rows } = await db.query<EntryRow>({
    name: "ticket-history",
    // A sale follows its own Transfer in the same transaction; the two are one entry.
    text: `SELECT kind, sender, recipient, amount, tx_hash, mined_at,
                  entry.block_number <= final_number AS final
           FROM (
             SELECT moved.deployment, moved.block_number, moved.log_index, moved.tx_hash,
                    moved.mined_at, nullif(moved.sender, $3) AS sender, moved.recipient,
                    sold.price AS amount,
                    CASE WHEN moved.sender = $3 THEN 'mint'
                         WHEN sold.price IS NULL THEN 'move' ELSE 'sale' END AS kind
             FROM mirror.transfer AS moved
             LEFT JOIN mirror.sale AS sold ON sold.deployment = moved.deployment
               AND sold.ticket_id = moved.ticket_id AND sold.tx_hash = moved.tx_hash
               AND sold.seller = moved.sender AND sold.buyer = moved.recipient
             WHERE moved.deployment = $1 AND moved.ticket_id = $2
             UNION ALL
             SELECT deployment, block_number, log_index, tx_hash, mined_at, NULL, NULL, NULL,
                    'check-in'
             FROM mirror.check_in WHERE deployment = $1 AND ticket_id = $2
             UNION ALL
             SELECT deployment, block_number, log_index, tx_hash, mined_at, NULL, NULL, NULL, 'void'
             FROM mirror.ticket_void WHERE deployment = $1 AND ticket_id = $2
             UNION ALL
             SELECT deployment, block_number, log_index, tx_hash, mined_at, NULL, account, amount,
                    'refund'
             FROM mirror.escrow_entry
             WHERE deployment = $1 AND event_id = ($2::bigint >> 40) AND ticket_id = $2
           ) AS entry JOIN mirror.cursor USING (deployment)
           ORDER BY entry.block_number, log_index LIMIT ${ENTRIES_MAX}`,
    values: [ref.deployment, ref.ticketId, NOBODY],
  });
  return {
    entries: rows.map((row) => ({
      kind: row.kind,
      from: row.sender,
      to: row.recipient,
      amount: row.amount?.toString() ?? null,
      txHash: row.tx_hash,
      at: row.mined_at.toISOString(),
      final: row.final,
    })),
  };
}
