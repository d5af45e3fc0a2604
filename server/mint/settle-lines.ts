// Closes lines by what the mirror shows, and opens them again when a reorg takes their block away.
import type { Sql } from "../platform/db/client.ts";
import type { Log } from "../platform/log.ts";
import { announceOrders } from "../queue/announce-orders.ts";
import { tellWallets } from "../queue/tell-wallets.ts";
import type { MintStore } from "./mint-store.ts";

/** Longer than any chain of ours takes to be final; older mints are the reconciler's to compare. */
const REOPEN_WINDOW_HOURS = 2;

const NOTICES = { fulfilled: "tickets-ready", attention: "order-attention" } as const;

interface SettleDeps {
  store: MintStore;
  log: Log;
}

export async function settleLines({ store, log }: SettleDeps): Promise<number> {
  const minted = (await store.closeMinted()) + (await store.closeBought());
  const strange = await store.setAsideStrange();
  if (strange > 0) {
    log.error({ count: strange }, "seats were minted by transactions that are not ours");
  }
  // Always: a crash between a line and its order leaves the order behind.
  await store.transaction((rows) => rows.moveOrders());
  return minted;
}

/**
 * A seat minted by a transaction that we stored is its order's: no order id needs to be on chain.
 */
export async function closeMinted(sql: Sql): Promise<number> {
  const { rowCount } = await sql.query({
    text: `WITH minted AS (
             UPDATE sale.mint_line line
             SET state = 'minted', updated_at = now(), tx_id = tx.id, reason = NULL
             FROM mirror.ticket ticket
               JOIN sale.tx_bid bid ON bid.hash = ticket.mint_tx
               JOIN sale.chain_tx tx ON tx.id = bid.tx_id
             -- Also what was set aside, if it turns out to be a mint of ours. Apart, because each of
             -- the two has an index of its own.
             WHERE (line.state IN ('queued', 'sent') OR line.state = 'attention')
               AND ticket.deployment = line.deployment AND ticket.ticket_id = line.ticket_id
             RETURNING line.id, line.tx_id, bid.hash, bid.raw),
           included AS (
             -- The bid that was taken is the transaction from now on.
             UPDATE sale.chain_tx tx SET state = 'included', hash = taken.hash, raw = taken.raw
             FROM (SELECT DISTINCT tx_id, hash, raw FROM minted) AS taken
             WHERE tx.id = taken.tx_id AND (tx.state <> 'included' OR tx.hash <> taken.hash))
           SELECT id FROM minted`,
  });
  return rowCount ?? 0;
}

/** What a fan bought on chain is minted by the fan; after a reorg maybe by another transaction. */
const BOUGHT = `sale.voucher v JOIN mirror.order_paid paid
    ON paid.deployment = v.deployment AND paid.order_id = v.order_key`;

export async function closeBought(sql: Sql): Promise<number> {
  const { rowCount } = await sql.query({
    text: `WITH bought AS (
             UPDATE sale.mint_line line SET state = 'minted', updated_at = now(), reason = NULL
             FROM mirror.ticket ticket, ${BOUGHT}
             WHERE line.state IN ('sent', 'attention') AND line.order_id = v.order_id
               AND ticket.deployment = line.deployment AND ticket.ticket_id = line.ticket_id
               AND ticket.mint_tx = paid.tx_hash
             RETURNING v.payment_id, paid.tx_hash, line.id),
           told AS (
             UPDATE sale.voucher SET tx_hash = bought.tx_hash FROM bought
             WHERE voucher.payment_id = bought.payment_id)
           SELECT id FROM bought`,
  });
  return rowCount ?? 0;
}

export async function setAsideStrange(sql: Sql): Promise<number> {
  const { rowCount } = await sql.query({
    text: `UPDATE sale.mint_line line
           SET state = 'attention', updated_at = now(), reason = 'minted by ' || ticket.mint_tx
           FROM mirror.ticket ticket
           WHERE line.state IN ('queued', 'sent')
             AND ticket.deployment = line.deployment AND ticket.ticket_id = line.ticket_id
             AND NOT EXISTS (SELECT 1 FROM sale.tx_bid bid WHERE bid.hash = ticket.mint_tx)
             AND NOT EXISTS (SELECT 1 FROM ${BOUGHT} WHERE v.order_id = line.order_id
                               AND paid.tx_hash = ticket.mint_tx)`,
  });
  return rowCount ?? 0;
}

/** What a reorg took away is sent again; asked in every sweep, not for every block. */
export async function reopenVanished({ store, log }: SettleDeps): Promise<number> {
  const reopened = await store.reopenMinted();
  if (reopened > 0) log.warn({ count: reopened }, "a reorg took mints away; they are sent again");
  return reopened;
}

export async function reopenMinted(sql: Sql): Promise<number> {
  const { rowCount } = await sql.query({
    text: `WITH gone AS (
             UPDATE sale.mint_line line SET state = 'sent', updated_at = now()
             WHERE line.state = 'minted'
               AND line.updated_at > now() - $1 * interval '1 hour'
               -- Its ticket is gone, or is of another transaction by now: then it is settled anew.
               AND NOT EXISTS (
                 SELECT 1 FROM mirror.ticket ticket
                 WHERE ticket.deployment = line.deployment AND ticket.ticket_id = line.ticket_id
                   AND (EXISTS (SELECT 1 FROM sale.tx_bid bid
                                WHERE bid.hash = ticket.mint_tx AND bid.tx_id = line.tx_id)
                        OR EXISTS (SELECT 1 FROM sale.voucher v
                                   WHERE v.order_id = line.order_id
                                     AND v.tx_hash = ticket.mint_tx)))
             RETURNING line.id, line.tx_id, line.order_id),
           resent AS (
             -- Not heard of since for ever: the next sweep sends it at once.
             UPDATE sale.chain_tx SET state = 'sent', sent_at = to_timestamp(0)
             WHERE id IN (SELECT tx_id FROM gone)),
           reopened AS (
             UPDATE sale.order SET state = 'paid'
             WHERE id IN (SELECT order_id FROM gone) AND state = 'fulfilled')
           SELECT id FROM gone`,
    values: [REOPEN_WINDOW_HOURS],
  });
  return rowCount ?? 0;
}

/**
 * An order is fulfilled when all of its tickets are mirrored; one that cannot be asks for a person.
 */
export async function moveOrders(sql: Sql): Promise<void> {
  const { rows } = await sql.query<{ id: string; state: "fulfilled" | "attention" }>({
    text: `UPDATE sale.order SET state = sums.state
           FROM (SELECT l.order_id,
                        CASE WHEN bool_or(l.state = 'attention') THEN 'attention'
                             ELSE 'fulfilled' END AS state
                 FROM sale.order o JOIN sale.mint_line l ON l.order_id = o.id
                 WHERE o.state IN ('paid', 'attention')
                   -- Its tickets are to be voided, and a person sees to it.
                   AND NOT EXISTS (SELECT 1 FROM sale.dispute d
                                   WHERE d.order_id = o.id AND d.state = 'lost')
                   -- Refunded before it was minted: nothing is to come of it.
                   AND l.state <> 'withdrawn'
                 GROUP BY l.order_id
                 HAVING bool_and(l.state IN ('minted', 'attention'))) AS sums
           WHERE sums.order_id = "order".id AND "order".state <> sums.state
           RETURNING "order".id, "order".state`,
  });
  for (const state of ["fulfilled", "attention"] as const) {
    const orderIds = rows.filter((row) => row.state === state).map(({ id }) => id);
    await announceOrders(sql, { type: `order.${state}`, orderIds });
    await tellWallets(sql, { kind: NOTICES[state], orderIds });
  }
}
