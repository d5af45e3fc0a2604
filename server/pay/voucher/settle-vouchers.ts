// Posts orders that were bought on chain, once the mirror shows that all of it is as it was signed.
import { zeroAddress } from "viem";
import type { Sql } from "../../platform/db/client.ts";
import type { Payment } from "../begin-payment.ts";
import { type PaidOrder, postCapture } from "../post-capture.ts";
import { announce, type PayDeps } from "../take-payment.ts";

const VOUCHERS_PER_ROUND = 100;

type SettleDeps = Pick<PayDeps, "db" | "redis" | "queue" | "log">;

interface Bought {
  payment_id: string;
  order_id: string;
  tx_hash: string;
}

/** Answers how many were posted; called for every block, and by the sweep. */
export async function settleVouchers(deps: SettleDeps): Promise<number> {
  const { db, log } = deps;
  const { rows } = await db.query<Bought>({
    name: "vouchers-bought",
    text: `SELECT v.payment_id, v.order_id, paid.tx_hash
           FROM sale.payment p JOIN sale.voucher v ON v.payment_id = p.id
           JOIN mirror.order_paid paid
             ON paid.order_id = v.order_key AND paid.deployment = v.deployment
           WHERE p.provider = 'voucher' AND p.state = 'authorised'
           ORDER BY paid.block_number LIMIT $1`,
    values: [VOUCHERS_PER_ROUND],
  });
  let posted = 0;
  for (const bought of rows) {
    const paid = await db.transaction((sql) => post(sql, bought));
    if (paid === undefined) {
      const { order_id: orderId, tx_hash: txHash } = bought;
      log.error({ orderId, txHash }, "an order was bought on chain as it was not signed");
      continue;
    }
    posted += 1;
    await announce(deps, paid);
  }
  return posted;
}

/** The mirror is asked again under the order's lock: a reorg may have come meanwhile. */
async function post(sql: Sql, bought: Bought): Promise<PaidOrder | undefined> {
  const { payment_id: id, order_id: orderId } = bought;
  await sql.query({ text: "SELECT 1 FROM sale.order WHERE id = $1 FOR UPDATE", values: [orderId] });
  const { rows } = await sql.query<Payment & { tx_hash: string }>({
    text: `SELECT p.*, paid.tx_hash
           FROM sale.payment p JOIN sale.voucher v ON v.payment_id = p.id
           JOIN sale.order o ON o.id = v.order_id
           JOIN mirror.order_paid paid
             ON paid.order_id = v.order_key AND paid.deployment = v.deployment
           JOIN mirror.event
             ON event.deployment = v.deployment AND event.event_id = paid.event_id
           WHERE p.id = $1 AND paid.event_id = o.event_id AND paid.amount = v.amount
             AND paid.payer = v.payer AND event.currency = v.token
             AND event.box_office = v.box_office
             AND NOT EXISTS (
               SELECT 1 FROM sale.order_line line WHERE line.order_id = o.id AND NOT EXISTS (
                 SELECT 1 FROM mirror.ticket JOIN mirror.transfer
                   ON transfer.deployment = ticket.deployment
                  AND transfer.ticket_id = ticket.ticket_id AND transfer.tx_hash = ticket.mint_tx
                 WHERE ticket.deployment = v.deployment AND ticket.ticket_id = line.ticket_id
                   AND ticket.mint_tx = paid.tx_hash AND ticket.class = line.class
                   AND ticket.face = line.unit_price AND transfer.sender = $2
                   AND transfer.recipient = v.payer))`,
    values: [id, zeroAddress],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const { tx_hash: txHash, ...payment } = row;
  const order = await postCapture(sql, payment, "minted");
  await sql.query({
    text: "UPDATE sale.voucher SET tx_hash = $2 WHERE payment_id = $1",
    values: [id, txHash],
  });
  await attachRelay(sql, { orderId, txHash });
  return order;
}

/** Where we sent it: then the lane has room again, and a reorg has the same bytes sent again. */
async function attachRelay(
  sql: Sql,
  { orderId, txHash }: { orderId: string; txHash: string },
): Promise<void> {
  await sql.query({
    text: `WITH taken AS (
             UPDATE sale.chain_tx tx SET state = 'included', hash = bid.hash, raw = bid.raw
             FROM sale.tx_bid bid WHERE bid.hash = $2 AND tx.id = bid.tx_id RETURNING tx.id)
           UPDATE sale.mint_line SET tx_id = taken.id FROM taken WHERE order_id = $1`,
    values: [orderId, txHash],
  });
}
