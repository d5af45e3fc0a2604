// Tells every paid order of a change to its event, some at a time; who dies half way is succeeded where it was.
import type { EventActKind } from "../../domain/event.ts";
import type { NoticeKind } from "../../domain/notice.ts";
import type { WebhookType } from "../../domain/webhook.ts";
import type { Db, Sql } from "../../platform/db/client.ts";
import { announceOrders } from "../../queue/announce-orders.ts";
import { tellWallets } from "../../queue/tell-wallets.ts";

const ORDERS_PER_BATCH = 500;

const TOLD: Record<EventActKind, { type: WebhookType; kind: NoticeKind }> = {
  cancel: { type: "order.event-cancelled", kind: "event-cancelled" },
  reschedule: { type: "order.event-moved", kind: "event-moved" },
};

interface OpenAct {
  id: bigint;
  deployment: number;
  event_id: number;
  kind: EventActKind;
  told_until: string;
}

/** Answers whether there may be more. A cancellation is told at once, new times when they hold. */
export async function tellOrders(db: Db): Promise<boolean> {
  return db.transaction(async (sql) => {
    const { rows } = await sql.query<OpenAct>({
      text: `SELECT id, deployment, event_id, kind, told_until FROM sale.event_act
             WHERE NOT told AND (kind = 'cancel' OR state = 'done')
             ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    });
    const [act] = rows;
    return act === undefined ? false : tellBatch(sql, act);
  });
}

/** What is told and how far it is are one transaction: no order is told twice or left out. */
async function tellBatch(sql: Sql, act: OpenAct): Promise<boolean> {
  const { rows } = await sql.query<{ id: string }>({
    text: `SELECT id FROM sale.order
           WHERE deployment = $1 AND event_id = $2 AND id > $3
             AND state NOT IN ('claimed', 'expired') ORDER BY id LIMIT $4`,
    values: [act.deployment, act.event_id, act.told_until, ORDERS_PER_BATCH],
  });
  const orderIds = rows.map(({ id }) => id);
  const { type, kind } = TOLD[act.kind];
  await announceOrders(sql, { type, orderIds });
  const isLast = orderIds.length < ORDERS_PER_BATCH;
  const buying = isLast ? await ordersInCheckout(sql, act) : [];
  const fact = `act:${act.id}`;
  const wallets = await tellWallets(sql, { kind, fact, orderIds: [...orderIds, ...buying] });
  await sql.query({
    text: `UPDATE sale.event_act
           SET told_until = $2, told = $3, orders_told = orders_told + $4,
               wallets_told = wallets_told + $5
           WHERE id = $1`,
    values: [...[act.id, orderIds.at(-1) ?? act.told_until, isLast], ...[orderIds.length, wallets]],
  });
  return true;
}

/** Made before the change, and maybe paid after it: no more of them than the hall has places. */
async function ordersInCheckout(sql: Sql, act: OpenAct): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    text: `SELECT id FROM sale.order
           WHERE deployment = $1 AND event_id = $2 AND state = 'claimed' AND expires_at > now()`,
    values: [act.deployment, act.event_id],
  });
  return rows.map(({ id }) => id);
}
