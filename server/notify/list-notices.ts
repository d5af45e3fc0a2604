// What a wallet was told, newest first.
import type { z } from "zod";
import { NOTICE_LIST, type NoticeListResponse } from "../api/notice.ts";
import { writeCursor } from "../api/page.ts";
import type { NoticeKind } from "../domain/notice.ts";
import { formatEventId } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";

interface NoticeRow {
  id: bigint;
  kind: NoticeKind;
  deployment: number;
  event_id: number;
  event_name: string;
  order_id: string | null;
  amount: bigint | null;
  currency: string | null;
  created_at: Date;
  read_at: Date | null;
}

export async function listNotices(
  sql: Sql,
  query: { wallet: string; limit: number; before: number | undefined; isUnread: boolean },
): Promise<z.output<typeof NoticeListResponse>> {
  const { wallet, limit, before = Number.MAX_SAFE_INTEGER, isUnread } = query;
  const { rows } = await sql.query<NoticeRow>({
    name: "notices-of-wallet",
    text: `SELECT notice.id, kind, notice.deployment, event_id, event.name AS event_name, order_id,
                  amount, notice.currency, notice.created_at, read_at
           FROM sale.notice JOIN sale.event
             ON event.deployment = notice.deployment AND event.id = notice.event_id
           WHERE wallet = $1 AND notice.id < $2 AND (NOT $3 OR read_at IS NULL)
           ORDER BY notice.id DESC LIMIT $4`,
    values: [wallet, before, isUnread, limit + 1],
  });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    notices: rows.slice(0, limit).map((row) => ({
      id: `ntc_${row.id}`,
      kind: row.kind,
      eventId: formatEventId({ deployment: row.deployment, eventId: row.event_id }),
      eventName: row.event_name,
      orderId: row.order_id,
      amount: row.amount?.toString() ?? null,
      currency: row.currency,
      at: row.created_at.toISOString(),
      read: row.read_at !== null,
    })),
    next: last === undefined ? null : writeCursor(NOTICE_LIST, [Number(last.id)]),
  };
}
