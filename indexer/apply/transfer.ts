// Every Transfer as a row: the tickets' history.
import type { Projection } from "../draft.ts";
import { historyTable } from "../table.ts";

const transferTable = historyTable("transfer", {
  tx_hash: "hex",
  ticket_id: "bigint",
  sender: "hex",
  recipient: "hex",
  mined_at: "timestamptz",
});

export const transfers: Projection = {
  tables: [transferTable],

  wants() {},

  apply(fact, draft) {
    if (fact.kind !== "transfer") return;
    const row = {
      tx_hash: fact.txHash,
      ticket_id: fact.ticketId,
      sender: fact.from,
      recipient: fact.to,
      mined_at: fact.block.minedAt,
    };
    draft.add(transferTable, row, fact);
  },
};
