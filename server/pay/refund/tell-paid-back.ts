// Tells the wallets of a refund what came back to each of them, in the transaction that frees its seats.
import type { Sql } from "../../platform/db/client.ts";

/**
 * The buyer, for what the payer got and for what cost nothing; and whoever holds a ticket, for what
 * went to the holder, or because it does not count any more. What a bank took back pays nobody, and
 * was told when it did. A wallet is told once, however often the rest of a refund is looked at.
 */
export async function tellPaidBack(sql: Sql, refundId: string): Promise<void> {
  await sql.query({
    name: "tell-paid-back",
    text: `WITH line AS (
             SELECT o.id, o.buyer, o.deployment, o.event_id, o.currency, back.pays, back.amount,
                    coalesce(ticket.owner, o.buyer) AS holder
             FROM sale.refund JOIN sale.refund_line back ON back.refund_id = refund.id
             JOIN sale.order o ON o.id = back.order_id
             LEFT JOIN sale.mint_line mint ON mint.order_id = back.order_id
               AND mint.ticket_id = back.ticket_id AND mint.state = 'minted'
             LEFT JOIN mirror.ticket
               ON ticket.deployment = mint.deployment AND ticket.ticket_id = mint.ticket_id
             WHERE refund.id = $1 AND back.state = 'freed'
               AND NOT (refund.cause = 'dispute' AND back.pays = 'nobody')),
           concerned AS (
             SELECT line.*, buyer AS wallet, CASE pays WHEN 'payer' THEN amount ELSE 0 END AS got
             FROM line WHERE pays <> 'holder'
             UNION ALL
             SELECT line.*, holder, CASE pays WHEN 'holder' THEN amount ELSE 0 END
             FROM line WHERE pays = 'holder' OR holder <> buyer)
           INSERT INTO sale.notice
             (wallet, fact, kind, deployment, event_id, order_id, amount, currency)
           SELECT wallet, 'refund:' || $1, 'refund-paid', deployment, event_id,
                  CASE WHEN wallet = buyer THEN id END, sum(got), currency
           FROM concerned GROUP BY wallet, buyer, id, deployment, event_id, currency
           ORDER BY wallet ON CONFLICT (wallet, fact) DO NOTHING`,
    values: [refundId],
  });
}
