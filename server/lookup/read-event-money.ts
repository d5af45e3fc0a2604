// The money of an event on chain: its sales between fans, and who is owed what of their royalties.
import type { z } from "zod";
import {
  type RoyaltiesResponse,
  SALE_LIST,
  type SaleListResponse,
  type SaleResponse,
} from "../api/lookup.ts";
import { writeCursor } from "../api/page.ts";
import { Refusal } from "../domain/failure.ts";
import { type EventRef, formatEventId, formatTicketId } from "../domain/ticket-id.ts";
import type { Sql } from "../platform/db/client.ts";

type Sale = z.output<typeof SaleResponse>;
type Royalties = z.output<typeof RoyaltiesResponse>;

interface SaleRow {
  ticket_id: bigint;
  seller: string;
  buyer: string;
  price: bigint;
  royalty: bigint;
  fee: bigint;
  tx_hash: string;
  mined_at: Date;
  block_number: bigint;
  log_index: number;
  final: boolean;
}

const BPS = 10_000n;
const NEWEST = [Number.MAX_SAFE_INTEGER, 0] as const;

export async function listSales(
  db: Sql,
  event: EventRef,
  page: { limit: number; before: readonly [block: number, log: number] | undefined },
): Promise<z.output<typeof SaleListResponse>> {
  const currency = await currencyOf(db, event);
  const { limit, before = NEWEST } = page;
  const { rows } = await db.query<SaleRow>({
    name: "sales-of-event",
    text: `SELECT ticket_id, seller, buyer, price, royalty, fee, tx_hash, mined_at,
                  sale.block_number, log_index, sale.block_number <= cursor.final_number AS final
           FROM mirror.sale JOIN mirror.cursor USING (deployment)
           WHERE sale.deployment = $1 AND event_id = $2
             AND (sale.block_number, log_index) < ($3, $4)
           ORDER BY sale.block_number DESC, log_index DESC LIMIT $5`,
    values: [event.deployment, event.eventId, ...before, limit + 1],
  });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const position = last === undefined ? undefined : [Number(last.block_number), last.log_index];
  return {
    currency,
    sales: rows.slice(0, limit).map((row) => presentSale(event.deployment, row)),
    next: position === undefined ? null : writeCursor(SALE_LIST, position),
  };
}

export async function readRoyalties(db: Sql, event: EventRef): Promise<Royalties> {
  const currency = await currencyOf(db, event);
  const values = [event.deployment, event.eventId];
  const { rows } = await db.query<{
    collected: bigint;
    distributed: bigint;
    payee: string | null;
    share_bps: number;
    paid: bigint;
  }>({
    name: "royalties-of-event",
    text: `SELECT collected, distributed, payee, share_bps, (
             SELECT coalesce(sum(amount), 0) FROM mirror.royalty
             WHERE royalty.deployment = pot.deployment AND royalty.event_id = pot.event_id
               AND royalty.payee = share.payee
           ) AS paid
           FROM mirror.pot LEFT JOIN mirror.split_share AS share USING (deployment, event_id)
           WHERE pot.deployment = $1 AND pot.event_id = $2 ORDER BY position`,
    values,
  });
  const { collected = 0n, distributed = 0n } = rows[0] ?? {};
  const inPot = collected - distributed;
  let rest = inPot;
  const payees = rows.flatMap(({ payee, share_bps, paid }, index) => {
    if (payee === null) return [];
    // As the contract divides it: what is left over is the last payee's.
    const owed = index === rows.length - 1 ? rest : (inPot * BigInt(share_bps)) / BPS;
    rest -= owed;
    return [{ payee, shareBps: share_bps, owed: owed.toString(), paid: paid.toString() }];
  });
  return {
    currency,
    collected: collected.toString(),
    distributed: distributed.toString(),
    payees,
  };
}

export async function currencyOf(db: Sql, event: EventRef): Promise<string> {
  const { rows } = await db.query<{ currency: string }>({
    name: "mirror-event-currency",
    text: "SELECT currency FROM mirror.event WHERE deployment = $1 AND event_id = $2",
    values: [event.deployment, event.eventId],
  });
  const [row] = rows;
  if (row === undefined) {
    throw new Refusal("request/not-found", `The mirror has no event ${formatEventId(event)}.`);
  }
  return row.currency;
}

function presentSale(deployment: number, row: SaleRow): Sale {
  return {
    ticketId: formatTicketId({ deployment, ticketId: row.ticket_id }),
    seller: row.seller,
    buyer: row.buyer,
    price: row.price.toString(),
    royalty: row.royalty.toString(),
    fee: row.fee.toString(),
    txHash: row.tx_hash,
    at: row.mined_at.toISOString(),
    final: row.final,
  };
}
