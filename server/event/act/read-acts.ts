// How far an event's cancellation or its new date is: the chain, and order by order.
import type { z } from "zod";
import type { EventActsResponse } from "../../api/event-acts.ts";
import type { EventActKind, EventState, PublishStepState } from "../../domain/event.ts";
import type { EventRef } from "../../domain/ticket-id.ts";
import type { Sql } from "../../platform/db/client.ts";
import { noSuchEvent } from "../draft/lock-event.ts";

interface ActRow {
  kind: EventActKind;
  why: string;
  asked_by: string;
  doors_at: Date | null;
  state: PublishStepState;
  reason: string | null;
  tx_hash: string | null;
  created_at: Date;
  orders_told: number;
  wallets_told: number;
  orders_left: number;
}

const ACTS_SHOWN_MAX = 100;

export async function readActs(
  sql: Sql,
  ref: EventRef,
): Promise<z.output<typeof EventActsResponse>> {
  const values = [ref.deployment, ref.eventId];
  const { rows: events } = await sql.query<{ state: EventState }>({
    text: "SELECT state FROM sale.event WHERE deployment = $1 AND id = $2",
    values,
  });
  const [event] = events;
  if (event === undefined) throw noSuchEvent(ref);
  const { rows } = await sql.query<ActRow>({
    text: `SELECT act.kind, act.why, act.asked_by, act.doors_at, act.state, act.reason,
                  act.created_at, tx.hash AS tx_hash, act.orders_told, act.wallets_told,
                  (SELECT count(*)::int FROM sale.order o
                   WHERE o.deployment = $1 AND o.event_id = $2 AND NOT act.told
                     AND o.state NOT IN ('claimed', 'expired') AND o.id > act.told_until
                  ) AS orders_left
           FROM sale.event_act act LEFT JOIN sale.chain_tx tx ON tx.id = act.tx_id
           WHERE act.deployment = $1 AND act.event_id = $2 ORDER BY act.id DESC LIMIT $3`,
    values: [...values, ACTS_SHOWN_MAX],
  });
  return {
    state: event.state,
    orders: await countOrders(sql, values),
    acts: rows.map((row) => ({
      ...{ kind: row.kind, why: row.why, askedBy: row.asked_by, state: row.state },
      ...{ reason: row.reason, txHash: row.tx_hash, ordersTold: row.orders_told },
      ...{ ordersToTell: row.orders_told + row.orders_left, walletsTold: row.wallets_told },
      askedAt: row.created_at.toISOString(),
      doorsAt: row.doors_at?.toISOString() ?? null,
    })),
  };
}

async function countOrders(sql: Sql, values: number[]) {
  const { rows } = await sql.query<Record<"paid" | "refunded" | "waiting" | "attention", number>>({
    text: `SELECT count(*)::int AS paid,
                  count(*) FILTER (WHERE state = 'refunded')::int AS refunded,
                  count(*) FILTER (WHERE EXISTS (
                    SELECT 1 FROM sale.refund_line line
                    WHERE line.order_id = o.id AND line.state = 'waiting'))::int AS waiting,
                  count(*) FILTER (WHERE EXISTS (
                    SELECT 1 FROM sale.refund
                    WHERE refund.order_id = o.id AND refund.state = 'attention'))::int AS attention
           FROM sale.order o
           WHERE o.deployment = $1 AND o.event_id = $2 AND o.state NOT IN ('claimed', 'expired')`,
    values,
  });
  return rows[0] ?? { paid: 0, refunded: 0, waiting: 0, attention: 0 };
}
