// What must agree between ledger, payments, claims, orders, mints and the mirror: each rule as one set-wise query.

export interface Rule {
  name: string;
  /** What a row of it means, for the person who reads it. */
  means: string;
  /** Rows of subject, detail, and whether what is under way explains it. */
  sql: string;
}

/** Longer than anything that sweeps and chains do by themselves. */
export const PATIENCE = "interval '1 hour'";
/** As settle-lines.ts has it: until then a mint that vanished is sent again. */
const REOPENED = "interval '2 hours'";
const PAID = "('paid', 'fulfilled', 'attention', 'refunded')";
const ticket = (row: string) => `'tkt_' || ${row}.deployment || '_' || ${row}.ticket_id`;

const MONEY: readonly Rule[] = [
  {
    name: "ledger-unbalanced",
    means: "a posting does not sum to zero (I10)",
    sql: `SELECT posting::text AS subject, currency || ' ' || sum(amount) AS detail,
                 false AS explained
          FROM sale.ledger_entry GROUP BY posting, currency HAVING sum(amount) <> 0`,
  },
  {
    name: "money-not-booked",
    means:
      "what was captured, less what went back, is not what the ledger has of provider or escrow",
    sql: `WITH booked AS (
            SELECT order_id, sum(amount) AS amount FROM sale.ledger_entry
            WHERE account LIKE 'provider:%' OR account LIKE 'escrow:%' GROUP BY order_id),
          kept AS (
            SELECT order_id, sum(amount) AS amount FROM (
              SELECT order_id, amount FROM sale.payment WHERE state = 'captured'
              UNION ALL SELECT order_id, -amount FROM sale.refund WHERE paid_at IS NOT NULL
              UNION ALL SELECT order_id, -amount FROM sale.dispute WHERE state = 'lost'
              UNION ALL SELECT back.order_id, -back.amount FROM sale.refund_line back
                JOIN sale.payment p ON p.order_id = back.order_id
                  AND p.provider = 'voucher' AND p.state = 'captured'
                WHERE back.pays = 'holder' AND back.state IN ('paid', 'freed')) AS moved
            GROUP BY order_id)
          SELECT order_id AS subject,
                 'captured and kept ' || coalesce(kept.amount, 0) || ', booked '
                   || coalesce(booked.amount, 0) AS detail, false AS explained
          FROM kept FULL JOIN booked USING (order_id)
          WHERE coalesce(kept.amount, 0) <> coalesce(booked.amount, 0)`,
  },
  {
    name: "order-not-paid",
    means: "an order counts as paid, and its price was not captured",
    sql: `SELECT o.id AS subject, o.state || ' ' || o.total || ', captured '
                   || coalesce(sum(p.amount), 0) AS detail, false AS explained
          FROM sale.order o
          LEFT JOIN sale.payment p ON p.order_id = o.id AND p.state = 'captured'
          WHERE o.state IN ${PAID}
          GROUP BY o.id HAVING coalesce(sum(p.amount), 0) <> o.total`,
  },
  {
    name: "captured-without-order",
    means: "money was captured for an order that does not count as paid (I2)",
    sql: `SELECT p.id AS subject, o.id || ' is ' || o.state AS detail, false AS explained
          FROM sale.payment p JOIN sale.order o ON o.id = p.order_id
          WHERE p.state = 'captured' AND o.state NOT IN ${PAID}`,
  },
  {
    name: "payment-open",
    means: "a payment is under way; after an hour nobody is working on it any more",
    sql: `SELECT id AS subject, CASE WHEN owes_void THEN 'owes a void' ELSE state END
                   || ' since ' || updated_at AS detail,
                 created_at > now() - ${PATIENCE} AS explained
          FROM sale.payment WHERE state IN ('started', 'authorised') OR owes_void`,
  },
  {
    name: "refund-refused",
    means: "the provider refuses to pay back: mend it there, then ask for the tickets again",
    sql: `SELECT id AS subject, order_id || ': ' || coalesce(why, '') AS detail, false AS explained
          FROM sale.refund WHERE state = 'attention'`,
  },
  {
    name: "refund-open",
    means: "a refund is on its way, or waits for the organiser's fund or for tomorrow's voids",
    sql: `SELECT refund.id AS subject, refund.order_id || ' is ' || refund.state
                   || ' with tickets ' || string_agg(DISTINCT line.state, ', ') AS detail,
                 true AS explained
          FROM sale.refund JOIN sale.refund_line line ON line.refund_id = refund.id
          WHERE refund.state IN ('voiding', 'paying') GROUP BY refund.id`,
  },
];

const SEATS: readonly Rule[] = [
  {
    name: "sold-seat-not-claimed",
    means: "a paid seat is not its order's for good, so that it could be sold again (I1)",
    sql: `SELECT line.order_id AS subject, 'seat ' || line.seat AS detail, false AS explained
          FROM sale.order o JOIN sale.order_line line ON line.order_id = o.id
          LEFT JOIN sale.claim ON claim.deployment = o.deployment AND claim.event_id = o.event_id
            AND claim.seat = line.seat AND claim.order_id = o.id
            AND claim.expires_at = 'infinity'
          LEFT JOIN sale.refund_line back
            ON back.order_id = line.order_id AND back.seat = line.seat AND back.state = 'freed'
          WHERE o.state IN ${PAID} AND claim.seat IS NULL AND back.seat IS NULL`,
  },
  {
    name: "seat-kept-for-nobody",
    means: "a seat is claimed for good by an order that is neither paid nor being paid",
    sql: `SELECT claim.order_id AS subject, 'seat ' || claim.seat AS detail,
                 p.id IS NOT NULL AS explained
          FROM sale.claim LEFT JOIN sale.order o ON o.id = claim.order_id
          LEFT JOIN sale.payment p ON p.order_id = o.id AND p.state = 'authorised'
          WHERE claim.expires_at = 'infinity'
            AND (o.id IS NULL OR o.state NOT IN ${PAID})`,
  },
  {
    name: "ticket-not-owed",
    means: "a paid seat has no line in the outbox of mints (I3)",
    sql: `SELECT line.order_id AS subject, 'ticket ' || line.ticket_id AS detail,
                 false AS explained
          FROM sale.order o JOIN sale.order_line line ON line.order_id = o.id
          LEFT JOIN sale.mint_line mint
            ON mint.order_id = line.order_id AND mint.ticket_id = line.ticket_id
          WHERE o.state IN ${PAID} AND mint.id IS NULL`,
  },
  {
    name: "mint-of-nothing",
    means: "a ticket is to be minted for an order that is not paid (I3)",
    sql: `SELECT ${ticket("mint")} AS subject, mint.order_id || ' is ' || o.state AS detail,
                 false AS explained
          FROM sale.mint_line mint JOIN sale.order o ON o.id = mint.order_id
          WHERE o.state NOT IN ${PAID}`,
  },
  {
    name: "mint-open",
    means: "a paid ticket is not on chain yet; after an hour somebody has to look",
    sql: `SELECT ${ticket("mint")} AS subject, mint.state || ' since ' || mint.updated_at
                   || coalesce(': ' || mint.reason, '') AS detail,
                 mint.state <> 'attention' AND mint.created_at > now() - ${PATIENCE}
                   OR back.seat IS NOT NULL AS explained
          FROM sale.mint_line mint
          LEFT JOIN sale.refund_line back
            ON back.order_id = mint.order_id AND back.ticket_id = mint.ticket_id
          WHERE mint.state IN ('queued', 'sent', 'attention')`,
  },
];

const CHAIN: readonly Rule[] = [
  {
    name: "mint-not-on-chain",
    means: "a ticket that counts as minted is not in the mirror",
    sql: `SELECT ${ticket("mint")} AS subject, mint.order_id AS detail,
                 mint.updated_at > now() - ${REOPENED} AS explained
          FROM sale.mint_line mint LEFT JOIN mirror.ticket
            ON ticket.deployment = mint.deployment AND ticket.ticket_id = mint.ticket_id
          WHERE mint.state = 'minted' AND ticket.ticket_id IS NULL`,
  },
  {
    name: "bought-not-booked",
    means: "the box office was paid on a voucher, and no order of ours counts as paid by it (I2)",
    sql: `SELECT paid.order_id AS subject, paid.amount || ' by ' || paid.payer || ' in '
                   || paid.tx_hash AS detail,
                 p.state = 'authorised' AND paid.mined_at > now() - ${PATIENCE} AS explained
          FROM mirror.order_paid paid
          JOIN sale.event ON event.deployment = paid.deployment AND event.id = paid.event_id
          LEFT JOIN sale.voucher v
            ON v.deployment = paid.deployment AND v.order_key = paid.order_id
          LEFT JOIN sale.payment p ON p.id = v.payment_id
          WHERE p.state IS DISTINCT FROM 'captured'`,
  },
  {
    name: "booked-not-bought",
    means: "an order counts as paid on chain, and the mirror does not have its payment",
    sql: `SELECT v.order_id AS subject, coalesce(v.tx_hash, 'no transaction') AS detail,
                 v.created_at > now() - ${REOPENED} AS explained
          FROM sale.voucher v JOIN sale.payment p ON p.id = v.payment_id
          LEFT JOIN mirror.order_paid paid
            ON paid.deployment = v.deployment AND paid.order_id = v.order_key
          WHERE p.state = 'captured' AND paid.order_id IS NULL`,
  },
  {
    name: "ticket-of-nobody",
    means: "the chain has a ticket that no order of ours asked for: who else has the minter's key?",
    sql: `SELECT ${ticket("ticket")} AS subject, 'minted by ' || ticket.mint_tx AS detail,
                 ticket.funded OR mint.id IS NOT NULL AS explained
          FROM mirror.ticket
          JOIN sale.event ON event.deployment = ticket.deployment AND event.id = ticket.event_id
          LEFT JOIN sale.mint_line mint
            ON mint.deployment = ticket.deployment AND mint.ticket_id = ticket.ticket_id
           AND mint.state <> 'withdrawn'
          WHERE (mint.id IS NULL OR mint.state <> 'minted') AND NOT ticket.refunded`,
  },
  {
    name: "ticket-differs",
    means: "the chain has another class or price of a ticket than was sold",
    sql: `SELECT ${ticket("mint")} AS subject, 'sold as class ' || mint.class || ' at '
                   || mint.unit_price || ', minted as class ' || ticket.class || ' at '
                   || ticket.face AS detail, false AS explained
          FROM sale.mint_line mint JOIN mirror.ticket
            ON ticket.deployment = mint.deployment AND ticket.ticket_id = mint.ticket_id
          WHERE mint.state = 'minted'
            AND (ticket.class <> mint.class OR ticket.face <> mint.unit_price)`,
  },
  {
    name: "paid-back-and-valid",
    means: "money went back for a ticket that can still enter",
    sql: `SELECT ${ticket("back")} AS subject, back.order_id || ' is ' || back.state AS detail,
                 false AS explained
          FROM sale.refund_line back
          JOIN sale.mint_line mint
            ON mint.order_id = back.order_id AND mint.ticket_id = back.ticket_id
          JOIN mirror.ticket
            ON ticket.deployment = back.deployment AND ticket.ticket_id = back.ticket_id
          JOIN mirror.event
            ON event.deployment = back.deployment AND event.event_id = back.event_id
          WHERE back.state IN ('paid', 'freed') AND mint.state = 'minted'
            AND NOT ticket.void AND NOT event.cancelled`,
  },
  {
    name: "void-and-not-paid-back",
    means: "a ticket was made void by another hand, and nobody was paid for it",
    sql: `SELECT ${ticket("mint")} AS subject, mint.order_id AS detail,
                 EXISTS (SELECT 1 FROM sale.dispute
                         WHERE dispute.order_id = mint.order_id AND dispute.state = 'lost')
                   OR event.refund_until > 0 AND EXISTS (
                     SELECT 1 FROM mirror.ticket_void gone
                     WHERE gone.deployment = ticket.deployment
                       AND gone.ticket_id = ticket.ticket_id
                       AND gone.mined_at > now() - ${PATIENCE}) AS explained
          FROM mirror.ticket
          JOIN sale.mint_line mint
            ON mint.deployment = ticket.deployment AND mint.ticket_id = ticket.ticket_id
           AND mint.state = 'minted'
          JOIN mirror.event
            ON event.deployment = ticket.deployment AND event.event_id = ticket.event_id
          LEFT JOIN sale.refund_line back
            ON back.order_id = mint.order_id AND back.ticket_id = mint.ticket_id
          WHERE ticket.void AND NOT ticket.refunded AND back.seat IS NULL`,
  },
  {
    name: "seat-sold-twice",
    means: "a seat has two tickets that are not void (I1)",
    sql: `SELECT 'evt_' || deployment || '_' || event_id AS subject,
                 'seat ' || (ticket_id & ((1::bigint << 36) - 1)) AS detail, false AS explained
          FROM mirror.ticket WHERE NOT void
          GROUP BY deployment, event_id, ticket_id & ((1::bigint << 36) - 1)
          HAVING count(*) > 1`,
  },
  {
    name: "admitted-and-paid-back",
    means: "somebody entered with a ticket that was paid back",
    sql: `SELECT ${ticket("back")} AS subject, back.order_id AS detail, false AS explained
          FROM sale.refund_line back
          JOIN sale.mint_line mint ON mint.order_id = back.order_id
            AND mint.ticket_id = back.ticket_id AND mint.state <> 'withdrawn'
          JOIN sale.admission ON admission.deployment = back.deployment
            AND admission.ticket_id = back.ticket_id
          WHERE back.state IN ('paid', 'freed')`,
  },
];

export const RULES: readonly Rule[] = [...MONEY, ...SEATS, ...CHAIN];
