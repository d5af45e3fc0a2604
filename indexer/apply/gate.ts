// Every check-in and every void as a row: when a ticket's life ended, and in which transaction.
import { unpackTicketId } from "#server/domain/ticket-id.ts";
import type { Projection } from "../draft.ts";
import { historyTable } from "../table.ts";

const columns = {
  tx_hash: "hex",
  ticket_id: "bigint",
  event_id: "integer",
  mined_at: "timestamptz",
} as const;

const checkInTable = historyTable("check_in", columns);
const voidTable = historyTable("ticket_void", columns);

export const gate: Projection = {
  tables: [checkInTable, voidTable],

  wants() {},

  apply(fact, draft) {
    if (fact.kind !== "checked-in" && fact.kind !== "voided") return;
    const row = {
      tx_hash: fact.txHash,
      ticket_id: fact.ticketId,
      event_id: unpackTicketId(fact.ticketId).eventId,
      mined_at: fact.block.minedAt,
    };
    draft.add(fact.kind === "voided" ? voidTable : checkInTable, row, fact);
  },
};
