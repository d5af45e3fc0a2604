// Every sale through a market as a row: the tickets' price history.
import { unpackTicketId } from "#server/domain/ticket-id.ts";
import type { Projection } from "../draft.ts";
import { historyTable } from "../table.ts";

/** Amounts are in the event's currency; what the seller got is the price without the other two. */
const saleTable = historyTable("sale", {
  tx_hash: "hex",
  ticket_id: "bigint",
  event_id: "integer",
  seller: "hex",
  buyer: "hex",
  price: "numeric",
  royalty: "numeric",
  fee: "numeric",
  mined_at: "timestamptz",
});

export const sales: Projection = {
  tables: [saleTable],

  wants() {},

  apply(fact, draft) {
    if (fact.kind !== "sold") return;
    const row = {
      tx_hash: fact.txHash,
      ticket_id: fact.ticketId,
      event_id: unpackTicketId(fact.ticketId).eventId,
      seller: fact.seller,
      buyer: fact.buyer,
      price: fact.price,
      royalty: fact.royalty,
      fee: fact.fee,
      mined_at: fact.block.minedAt,
    };
    draft.add(saleTable, row, fact);
  },
};
