// What an event has paid out, to whom and by which transaction; and what is owed to those who would not take it.
import type { z } from "zod";
import { PAYOUT_LIST, type PayoutListResponse } from "../api/lookup.ts";
import { writeCursor } from "../api/page.ts";
import type { EventRef } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";
import { currencyOf } from "./read-event-money.ts";

interface PayoutRow {
  kind: "royalties" | "escrow";
  account: string;
  amount: bigint;
  tx_hash: string;
  mined_at: Date;
  block_number: bigint;
  log_index: number;
  position: number;
  final: boolean;
}

const NEWEST = [Number.MAX_SAFE_INTEGER, 0, 0] as const;
const OWED_MAX = 100;

export async function listPayouts(
  db: Sql,
  event: EventRef,
  page: { limit: number; before: readonly [block: number, log: number, at: number] | undefined },
): Promise<z.output<typeof PayoutListResponse>> {
  const currency = await currencyOf(db, event);
  const { limit, before = NEWEST } = page;
  const { rows } = await db.query<PayoutRow>({
    name: "payouts-of-event",
    // Each of the two gives a page of its own by its key, so that nothing older is read or sorted.
    text: `SELECT paid.*, paid.block_number <= cursor.final_number AS final
           FROM (
             (SELECT 'royalties' AS kind, payee AS account, amount, tx_hash, mined_at,
                     block_number, log_index, position
              FROM mirror.royalty WHERE deployment = $1 AND event_id = $2
                AND (block_number, log_index, position) < ($3, $4, $5::integer)
              ORDER BY block_number DESC, log_index DESC, position DESC LIMIT $6)
             UNION ALL
             (SELECT 'escrow', account, amount, tx_hash, mined_at, block_number, log_index, 0
              FROM mirror.escrow_entry
              WHERE deployment = $1 AND event_id = $2 AND kind = 'released'
                AND (block_number, log_index) < ($3, $4)
              ORDER BY block_number DESC, log_index DESC LIMIT $6)
           ) AS paid JOIN mirror.cursor ON cursor.deployment = $1
           ORDER BY paid.block_number DESC, log_index DESC, position DESC LIMIT $6`,
    values: [event.deployment, event.eventId, ...before, limit + 1],
  });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const position =
    last === undefined ? undefined : [Number(last.block_number), last.log_index, last.position];
  return {
    currency,
    payouts: rows.slice(0, limit).map((row) => ({
      ...{ kind: row.kind, account: row.account, amount: row.amount.toString() },
      ...{ txHash: row.tx_hash, at: row.mined_at.toISOString(), final: row.final },
    })),
    owed: await listOwed(db, event, currency),
    next: position === undefined ? null : writeCursor(PAYOUT_LIST, position),
  };
}

/** The contracts keep one credit of an account, whichever event it came from. */
async function listOwed(
  db: Sql,
  { deployment, eventId }: EventRef,
  currency: string,
): Promise<z.output<typeof PayoutListResponse>["owed"]> {
  const { rows } = await db.query<{ account: string; amount: bigint }>({
    name: "owed-to-payees",
    // From payee to payee by the index: each was paid many times.
    text: `WITH RECURSIVE paid AS (
             (SELECT payee FROM mirror.royalty WHERE deployment = $1 AND event_id = $2
              ORDER BY payee LIMIT 1)
             UNION ALL
             SELECT (SELECT royalty.payee FROM mirror.royalty
                     WHERE deployment = $1 AND event_id = $2 AND royalty.payee > paid.payee
                     ORDER BY royalty.payee LIMIT 1)
             FROM paid WHERE paid.payee IS NOT NULL)
           SELECT account, sum(amount) AS amount FROM mirror.credit
           WHERE deployment = $1 AND currency = $3 AND amount > 0 AND account IN (
             SELECT payee FROM paid
             UNION SELECT organiser FROM mirror.event WHERE deployment = $1 AND event_id = $2)
           GROUP BY account ORDER BY account LIMIT $4`,
    values: [deployment, eventId, currency, OWED_MAX],
  });
  return rows.map(({ account, amount }) => ({ account, amount: amount.toString() }));
}
