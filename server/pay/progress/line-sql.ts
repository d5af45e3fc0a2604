// What every reader of orders asks of the database to say how far an order and its lines are.

/** Of `o`. While a payment is under way the order has not ended: it may turn out to be paid. */
export const IS_LAPSED = `o.state = 'claimed' AND o.expires_at <= now() AND NOT EXISTS (
    SELECT 1 FROM sale.payment p
    WHERE p.order_id = o.id AND p.state IN ('started', 'authorised', 'captured'))`;

/** Of `l`; a line's ticket is looked up only where the mirror has closed the line. */
export const LINE_JOINS = `LEFT JOIN sale.mint_line m
      ON m.order_id = l.order_id AND m.ticket_id = l.ticket_id
    LEFT JOIN sale.chain_tx t ON t.id = m.tx_id
    LEFT JOIN sale.voucher v ON v.order_id = m.order_id
    LEFT JOIN mirror.ticket made ON m.state = 'minted'
      AND made.deployment = m.deployment AND made.ticket_id = m.ticket_id
    LEFT JOIN mirror.cursor seen ON seen.deployment = m.deployment`;

export const LINE_COLUMNS = `l.seat, m.state AS mint, coalesce(t.hash, v.tx_hash) AS tx_hash,
    made.mint_block, seen.safe_number, seen.final_number`;
