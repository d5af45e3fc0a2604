// Everything that the mirror shows, in the order in which a fact reaches it. A new table is a new line here.
import { classStock } from "./apply/class-stock.ts";
import { escrow } from "./apply/escrow.ts";
import { events } from "./apply/event.ts";
import { gate } from "./apply/gate.ts";
import { holders } from "./apply/holder.ts";
import { markets } from "./apply/market.ts";
import { ordersPaid } from "./apply/order-paid.ts";
import { payouts } from "./apply/payout.ts";
import { roles } from "./apply/role.ts";
import { royalties } from "./apply/royalty.ts";
import { sales } from "./apply/sale.ts";
import { tickets } from "./apply/ticket.ts";
import { transfers } from "./apply/transfer.ts";
import type { Projection } from "./draft.ts";

export const PROJECTIONS: readonly Projection[] = [
  events,
  markets,
  classStock,
  transfers,
  holders,
  sales,
  gate,
  // A refund is paid from where the ticket's price lay before it: escrow first.
  escrow,
  tickets,
  ordersPaid,
  royalties,
  payouts,
  roles,
];

/** The tables that one file of apply/ has together with this one; undefined for none of ours. */
export function tablesBeside(table: string): string[] | undefined {
  const names = PROJECTIONS.map(({ tables }) => tables.map(({ name }) => name));
  return names.find((each) => each.includes(table));
}

export const TABLES = PROJECTIONS.flatMap(({ tables }) => tables);
