// The one read of everything that happened to an order, from rows that were written for other reasons.

/**
 * $1 order · $2 whether the caller sells the event's tickets · $3 nobody's address · $4 steps at
 * most. `made` is the ticket that is minted for the line: where none is, its id may be another
 * order's, or somebody minted it by other means.
 */
const LINES = `o AS (
    SELECT * FROM sale.order WHERE id = $1),
  line AS (
    SELECT o.deployment, o.event_id, o.buyer, l.seat, l.ticket_id, l.label, l.unit_price,
           l.moved_at, m.state AS mint, m.tx_id,
           CASE WHEN m.state IN ('sent', 'minted') THEN l.ticket_id END AS made
    FROM o JOIN sale.order_line l ON l.order_id = o.id
    LEFT JOIN sale.mint_line m ON m.order_id = l.order_id AND m.ticket_id = l.ticket_id)`;

/** kind, at, ticket, amount, currency, transaction, block. A comp is claimed by being given. */
const OF_ORDER = `
    SELECT 'held' AS kind, least(held_at, created_at) AS at, NULL::bigint AS ticket_id,
           NULL::numeric AS amount, NULL::text AS currency, NULL::text AS tx_hash,
           NULL::bigint AS block_number
    FROM o WHERE held_at IS NOT NULL
    UNION ALL
    SELECT 'claimed', created_at, NULL, total, currency, NULL, NULL
    FROM o WHERE paid_at IS DISTINCT FROM created_at
    UNION ALL
    SELECT 'expired',
           CASE WHEN paid_at IS NULL THEN expires_at
                ELSE greatest(expires_at, (SELECT max(p.updated_at) FROM sale.payment p
                                           WHERE p.order_id = o.id)) END,
           NULL, NULL, NULL, NULL, NULL
    FROM o WHERE state = 'expired' OR state = 'claimed' AND expires_at <= now() AND NOT EXISTS (
      SELECT 1 FROM sale.payment p
      WHERE p.order_id = o.id AND p.state IN ('started', 'authorised', 'captured'))
    UNION ALL
    SELECT 'paid', coalesce(paid.mined_at, o.paid_at), NULL, total, currency, paid.tx_hash,
           paid.block_number
    FROM o LEFT JOIN sale.voucher v ON v.order_id = o.id
    LEFT JOIN mirror.order_paid paid
      ON paid.deployment = v.deployment AND paid.order_id = v.order_key
    WHERE o.paid_at IS NOT NULL
    UNION ALL
    SELECT CASE act.kind WHEN 'cancel' THEN 'event-cancelled' ELSE 'event-moved' END,
           CASE act.kind WHEN 'cancel' THEN act.created_at ELSE act.updated_at END,
           NULL, NULL, NULL, tx.hash, NULL
    FROM o JOIN sale.event_act act
      ON act.deployment = o.deployment AND act.event_id = o.event_id
    LEFT JOIN sale.chain_tx tx ON tx.id = act.tx_id
    WHERE o.paid_at IS NOT NULL AND act.updated_at >= o.created_at
      AND (act.kind = 'cancel' OR act.state = 'done')
    UNION ALL
    SELECT step.kind, step.at, NULL, d.amount, d.currency, NULL, NULL
    FROM o JOIN sale.dispute d ON d.order_id = o.id
    CROSS JOIN LATERAL (VALUES ('disputed', d.created_at),
      (CASE WHEN d.state <> 'open' THEN 'dispute-' || d.state END, d.updated_at)) AS step (kind, at)
    WHERE step.kind IS NOT NULL`;

/** A Transfer from nobody is the mint, and one with a sale in its transaction is the sale's. */
const OF_TICKETS = `
    SELECT 'moved', moved_at, ticket_id, NULL, NULL, NULL, NULL FROM line
    WHERE moved_at IS NOT NULL
    UNION ALL
    SELECT 'sent', tx.created_at, line.ticket_id, NULL, NULL, tx.hash, NULL
    FROM line JOIN sale.chain_tx tx ON tx.id = line.tx_id
    WHERE mint IN ('sent', 'minted') AND tx.sent_at IS NOT NULL
    UNION ALL
    SELECT CASE WHEN moved.sender = $3 THEN 'minted'
                WHEN sold.price IS NULL THEN 'given' ELSE 'resold' END,
           moved.mined_at, made, sold.price,
           CASE WHEN sold.price IS NOT NULL THEN event.currency END, moved.tx_hash,
           moved.block_number
    FROM line JOIN mirror.transfer moved
      ON moved.deployment = line.deployment AND moved.ticket_id = made
    LEFT JOIN mirror.sale sold ON sold.deployment = moved.deployment
      AND sold.ticket_id = made AND sold.tx_hash = moved.tx_hash
      AND sold.seller = moved.sender AND sold.buyer = moved.recipient
    LEFT JOIN mirror.event
      ON event.deployment = line.deployment AND event.event_id = line.event_id
    UNION ALL
    -- When somebody else enters is nothing for who had the ticket before.
    SELECT 'scanned', admission.admitted_at, made, NULL, NULL, NULL, NULL
    FROM line JOIN sale.admission
      ON admission.deployment = line.deployment AND admission.ticket_id = made
    WHERE $2 OR EXISTS (SELECT 1 FROM mirror.ticket
                        WHERE ticket.deployment = line.deployment AND ticket.ticket_id = made
                          AND ticket.owner = line.buyer)
    UNION ALL
    SELECT 'checked-in', entered.mined_at, made, NULL, NULL, tx_hash, block_number
    FROM line JOIN mirror.check_in entered
      ON entered.deployment = line.deployment AND entered.ticket_id = made
    UNION ALL
    SELECT 'voided', gone.mined_at, made, NULL, NULL, tx_hash, block_number
    FROM line JOIN mirror.ticket_void gone
      ON gone.deployment = line.deployment AND gone.ticket_id = made`;

/** By card the whole refund at once; a holder on chain, in the price that the order had. */
const OF_REFUNDS = `
    SELECT step.kind, step.at, back.ticket_id, back.amount, r.currency, step.tx_hash,
           step.block_number
    FROM o JOIN sale.refund r ON r.order_id = o.id
    JOIN sale.refund_line back ON back.refund_id = r.id
    LEFT JOIN mirror.ticket ON back.pays = 'holder' AND ticket.refunded
      AND ticket.deployment = back.deployment AND ticket.ticket_id = back.ticket_id
    LEFT JOIN mirror.escrow_entry paid ON paid.deployment = ticket.deployment
      AND paid.event_id = ticket.event_id AND paid.ticket_id = ticket.ticket_id
    CROSS JOIN LATERAL (VALUES
      (CASE WHEN r.cause <> 'dispute' THEN 'refund-asked' END, r.created_at, NULL, NULL),
      (CASE WHEN back.pays = 'payer' AND back.state IN ('paid', 'freed') THEN 'refunded' END,
       r.paid_at, NULL, NULL),
      (CASE WHEN paid.tx_hash IS NOT NULL THEN 'refunded' END, paid.mined_at, paid.tx_hash,
       paid.block_number)) AS step (kind, at, tx_hash, block_number)
    WHERE step.kind IS NOT NULL AND step.at IS NOT NULL`;

export const STEPS_SQL = `WITH ${LINES}, step AS (
    ${OF_ORDER}
    UNION ALL
    ${OF_TICKETS}
    UNION ALL
    ${OF_REFUNDS})
  SELECT step.kind, step.at, step.ticket_id, line.label, step.amount, step.currency,
         step.tx_hash, step.block_number IS NOT NULL AS on_chain,
         step.block_number <= cursor.final_number AS final
  FROM step CROSS JOIN o
  LEFT JOIN line ON line.ticket_id = step.ticket_id
  LEFT JOIN mirror.cursor ON cursor.deployment = o.deployment
  ORDER BY step.at, step.ticket_id LIMIT $4`;
