// Puts seats of paid-back tickets on sale again under their next issue, and closes what is done with.
import { moveOrder, type OrderState } from "../../domain/order.ts";
import { type EventRef, ISSUE_MAX } from "../../domain/ticket-id.ts";
import { placesOf } from "../../hold/places.ts";
import { showFree } from "../../hold/show-free.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import type { Log } from "../../platform/log.ts";
import type { RedisClient } from "../../platform/redis.ts";
import { announceOrders } from "../../queue/announce-orders.ts";
import { tellPaidBack } from "./tell-paid-back.ts";

const REFUNDS_PER_ROUND = 200;
/** A page that was just loaded from Postgres may show them as sold once more. */
const SHOWN_AGAIN_SECONDS = 30;

export async function freeSeats(db: Db): Promise<number> {
  const { rows } = await db.query<{ id: string; order_id: string }>({
    text: `SELECT id, order_id FROM sale.refund
           WHERE state = 'paying' AND (amount = 0 OR paid_at IS NOT NULL OR EXISTS (
               SELECT 1 FROM sale.refund_line line
               WHERE line.refund_id = refund.id AND line.state = 'paid')) AND (
             EXISTS (SELECT 1 FROM sale.refund_line line
                     WHERE line.refund_id = refund.id AND line.state = 'paid')
             OR NOT EXISTS (SELECT 1 FROM sale.refund_line line
                            WHERE line.refund_id = refund.id
                              AND line.state NOT IN ('freed', 'refused')))
           ORDER BY id LIMIT $1`,
    values: [REFUNDS_PER_ROUND],
  });
  for (const row of rows) await db.transaction((sql) => closeRefund(sql, row));
  return rows.length;
}

/** The seats, the refund, the order and the word of it in one transaction. */
async function closeRefund(
  sql: Sql,
  { id, order_id: orderId }: { id: string; order_id: string },
): Promise<void> {
  const { rows } = await sql.query<{ state: OrderState }>({
    text: "SELECT state FROM sale.order WHERE id = $1 FOR UPDATE",
    values: [orderId],
  });
  const state = rows[0]?.state as OrderState;
  await free(sql, id);
  await tellPaidBack(sql, id);
  const { rowCount: isDone } = await sql.query({
    text: `UPDATE sale.refund SET state = 'done', updated_at = now()
           WHERE id = $1 AND state = 'paying' AND (amount = 0 OR paid_at IS NOT NULL)
             AND NOT EXISTS (
             SELECT 1 FROM sale.refund_line line
             WHERE line.refund_id = refund.id AND line.state NOT IN ('freed', 'refused'))`,
    values: [id],
  });
  if (isDone !== 1) return;
  await endOrder(sql, orderId, state);
  await announceOrders(sql, { type: "order.refunded", orderIds: await paidBack(sql, id) });
}

/**
 * A ticket that was minted is void for ever, so its place is sold under the next issue. One that
 * was not minted leaves its own. What was issued for the last time stays taken.
 */
async function free(sql: Sql, refundId: string): Promise<void> {
  await sql.query({
    text: `WITH line AS (
             UPDATE sale.refund_line SET state = 'freed', updated_at = now()
             WHERE refund_id = $1 AND state = 'paid'
             RETURNING order_id, seat, deployment, event_id, ticket_id)
           UPDATE sale.claim SET expires_at = now(),
                  issue = CASE WHEN mint.state = 'withdrawn' THEN claim.issue
                               ELSE claim.issue + 1 END
           FROM line JOIN sale.mint_line mint
             ON mint.order_id = line.order_id AND mint.ticket_id = line.ticket_id
           WHERE claim.deployment = line.deployment AND claim.event_id = line.event_id
             AND claim.seat = line.seat AND claim.order_id = line.order_id
             AND (claim.issue < $2 OR mint.state = 'withdrawn')`,
    values: [refundId, ISSUE_MAX],
  });
}

async function endOrder(sql: Sql, orderId: string, state: OrderState): Promise<void> {
  const { rows } = await sql.query<{ left: bigint }>({
    text: `SELECT count(*) AS left FROM sale.order_line line
           WHERE line.order_id = $1 AND NOT EXISTS (
             SELECT 1 FROM sale.refund_line back
             WHERE back.order_id = line.order_id AND back.seat = line.seat
               AND back.state = 'freed')`,
    values: [orderId],
  });
  if (rows[0]?.left !== 0n || state === "refunded") return;
  await sql.query({
    text: "UPDATE sale.order SET state = $2 WHERE id = $1",
    values: [orderId, moveOrder(state, "refunded")],
  });
}

/** A refund of which nothing came is no news. */
async function paidBack(sql: Sql, refundId: string): Promise<string[]> {
  const { rows } = await sql.query<{ order_id: string }>({
    text: `SELECT DISTINCT order_id FROM sale.refund_line
           WHERE refund_id = $1 AND state = 'freed'`,
    values: [refundId],
  });
  return rows.map((row) => row.order_id);
}

interface UnshownOrder {
  order_id: string;
  deployment: number;
  event_id: number;
  buyer: string;
  seats: bigint[];
}

/** Postgres has decided; Redis is told until it has heard of it. */
export async function showFreed({
  db,
  redis,
  log,
}: {
  db: Db;
  redis: RedisClient;
  log: Log;
}): Promise<void> {
  const { rows } = await db.query<UnshownOrder>({
    text: `SELECT line.order_id, o.deployment, o.event_id, o.buyer,
                  array_agg(line.seat ORDER BY line.seat) AS seats
           FROM sale.refund_line line JOIN sale.order o ON o.id = line.order_id
           WHERE line.state = 'freed' AND NOT line.shown
           GROUP BY line.order_id, o.deployment, o.event_id, o.buyer
           ORDER BY min(line.updated_at) LIMIT $1`,
    values: [REFUNDS_PER_ROUND],
  });
  for (const row of rows) {
    try {
      await show({ db, redis }, row);
    } catch (err) {
      log.warn({ err, orderId: row.order_id }, "a free seat is not shown yet");
      return;
    }
  }
}

async function show({ db, redis }: { db: Db; redis: RedisClient }, row: UnshownOrder) {
  const { deployment, event_id: eventId, order_id: orderId, buyer: owner } = row;
  const event: EventRef = { deployment, eventId };
  const { rows } = await db.query<{ seat: bigint; area: number | null; kept: boolean }>({
    text: `SELECT line.seat, area.section AS area,
                  coalesce(claim.order_id = $1 AND claim.expires_at > now(), false) AS kept
           FROM sale.order_line line
           LEFT JOIN sale.claim ON claim.deployment = $2 AND claim.event_id = $3
                               AND claim.seat = line.seat
           LEFT JOIN sale.area ON area.deployment = $2 AND area.event_id = $3
                              AND area.section = line.seat >> 24
           WHERE line.order_id = $1`,
    values: [orderId, deployment, eventId],
  });
  const kept = placesOf(rows.filter((one) => one.kept));
  const { seats: gone, areas: emptied } = placesOf(rows.filter((one) => !one.kept));
  const places = (area: number) => kept.areas.find((one) => one.area === area)?.places ?? 0;
  const areas = emptied.map(({ area }) => ({ area, places: places(area) }));
  const left = { places: rows.filter((one) => one.kept).length, areas };
  await showFree({ redis }, { event, orderId, owner, seats: gone, left });
  await db.query({
    text: `UPDATE sale.refund_line
           SET shown = updated_at < now() - $3 * interval '1 second'
           WHERE order_id = $1 AND seat = ANY ($2) AND state = 'freed'`,
    values: [orderId, row.seats, SHOWN_AGAIN_SECONDS],
  });
}
