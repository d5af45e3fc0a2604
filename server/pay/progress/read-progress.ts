// How far orders and their tickets are: one statement for all orders that somebody watches.
import type { z } from "zod";
import type { OrderProgress } from "../../api/order.ts";
import { stageOf, type TicketStage } from "../../domain/confirmation.ts";
import type { MintLineState, OrderState } from "../../domain/order.ts";
import type { Sql } from "../../platform/db/client.ts";
import { IS_LAPSED, LINE_COLUMNS, LINE_JOINS } from "./line-sql.ts";

export type Progress = z.output<typeof OrderProgress>;

export interface LineRow {
  seat: bigint;
  mint: MintLineState | null;
  tx_hash: string | null;
  mint_block: bigint | null;
  safe_number: bigint | null;
  final_number: bigint | null;
}

interface OrderLineRow extends LineRow {
  id: string;
  state: OrderState;
}

export function stageOfRow(row: Omit<LineRow, "seat" | "tx_hash">): TicketStage {
  return stageOf({
    line: row.mint,
    mintBlock: row.mint_block,
    safeNumber: row.safe_number ?? 0n,
    finalNumber: row.final_number ?? 0n,
  });
}

/** By order, lines by seat; orders that are not there are left out. */
export async function readProgress(
  db: Sql,
  orderIds: readonly string[],
): Promise<Map<string, Progress>> {
  const { rows } = await db.query<OrderLineRow>({
    name: "orders-progress",
    text: `SELECT o.id, CASE WHEN ${IS_LAPSED} THEN 'expired' ELSE o.state END AS state,
                  ${LINE_COLUMNS}
           FROM sale.order o JOIN sale.order_line l ON l.order_id = o.id ${LINE_JOINS}
           WHERE o.id = ANY ($1) ORDER BY o.id, l.seat`,
    values: [orderIds],
  });
  const found = new Map<string, Progress>();
  for (const row of rows) {
    const progress = found.get(row.id) ?? { state: row.state, lines: [] };
    found.set(row.id, progress);
    const { seat, tx_hash: txHash } = row;
    progress.lines.push({ seat: Number(seat), stage: stageOfRow(row), txHash });
  }
  return found;
}

/** Somebody else's order and one that never was look the same from outside. */
export async function isBuyersOrder(
  db: Sql,
  { orderId, buyer }: { orderId: string; buyer: string },
): Promise<boolean> {
  const { rows } = await db.query({
    name: "order-of-buyer",
    text: "SELECT 1 FROM sale.order WHERE id = $1 AND buyer = $2",
    values: [orderId, buyer],
  });
  return rows.length > 0;
}
