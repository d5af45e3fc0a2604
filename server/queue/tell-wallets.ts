// Writes down what buyers and holders are to hear of, once for each wallet and fact, in the fact's own transaction.
import { concernsHolders, isAboutEvent, type NoticeKind } from "../domain/notice.ts";
import type { Sql } from "../platform/db/client.ts";

/**
 * Answers how many wallets were told. Who holds a ticket the mirror says; one that is void holds
 * nobody's attention. A dispute that is lost leaves a ticket alone that was sold on.
 */
export async function tellWallets(
  sql: Sql,
  told: {
    kind: NoticeKind;
    orderIds: readonly string[];
    /** Its name, the same however often it is told; left out where an order has one of the kind. */
    fact?: string;
  },
): Promise<number> {
  const { kind, orderIds, fact } = told;
  if (orderIds.length === 0) return 0;
  const { rowCount } = await sql.query({
    name: "tell-wallets",
    text: `WITH concerned AS (
             SELECT o.buyer AS wallet, o.id, o.deployment, o.event_id,
                    CASE WHEN $5 THEN NULL ELSE o.id END AS order_id
             FROM sale.order o WHERE o.id = ANY($1)
             UNION ALL
             SELECT ticket.owner, o.id, o.deployment, o.event_id, NULL
             FROM sale.order o
             -- By what was minted for it: another order may have had the same place before.
             JOIN sale.mint_line line ON line.order_id = o.id AND line.state = 'minted'
             JOIN mirror.ticket
               ON ticket.deployment = line.deployment AND ticket.ticket_id = line.ticket_id
             WHERE o.id = ANY($1) AND $4 AND ticket.owner <> o.buyer AND NOT ticket.void
               AND NOT ($2 = 'dispute-lost' AND ticket.resold))
           INSERT INTO sale.notice (wallet, fact, kind, deployment, event_id, order_id)
           SELECT DISTINCT ON (wallet, fact) wallet, fact, $2, deployment, event_id, order_id
           FROM (SELECT *, coalesce($3, $2 || ':' || id) AS fact FROM concerned) AS named
           ORDER BY wallet, fact, order_id
           ON CONFLICT (wallet, fact) DO NOTHING`,
    values: [orderIds, kind, fact ?? null, concernsHolders(kind), isAboutEvent(kind)],
  });
  return rowCount ?? 0;
}
