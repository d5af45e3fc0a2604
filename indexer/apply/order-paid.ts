// The orders that were paid on chain, each with the transaction that also minted its tickets.
import type { Projection } from "../draft.ts";
import { historyTable } from "../table.ts";

const orderPaidTable = historyTable("order_paid", {
  order_id: "hex",
  event_id: "integer",
  payer: "hex",
  amount: "numeric",
  tx_hash: "hex",
  mined_at: "timestamptz",
});

export const ordersPaid: Projection = {
  tables: [orderPaidTable],

  wants() {},

  apply(fact, draft) {
    if (fact.kind !== "order-paid") return;
    const row = {
      order_id: fact.orderId,
      event_id: fact.eventId,
      payer: fact.payer,
      amount: fact.amount,
      tx_hash: fact.txHash,
      mined_at: fact.block.minedAt,
    };
    draft.add(orderPaidTable, row, fact);
  },
};
