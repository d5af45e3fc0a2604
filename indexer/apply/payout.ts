// What accounts are owed because they would not take it, and every change of that.
import type { Projection } from "../draft.ts";
import { historyTable, stateTable } from "../table.ts";

const creditTable = stateTable("credit", {
  key: ["contract", "account", "currency"],
  columns: { contract: "hex", account: "hex", currency: "hex", amount: "numeric" },
});

const payoutTable = historyTable("payout", {
  tx_hash: "hex",
  contract: "hex",
  kind: "hex",
  account: "hex",
  currency: "hex",
  amount: "numeric",
  mined_at: "timestamptz",
});

export const payouts: Projection = {
  tables: [creditTable, payoutTable],

  wants(fact, wanted) {
    if (fact.kind !== "payout-sent" && fact.kind !== "payout-credited") return;
    const { emitter: contract, account, currency } = fact;
    wanted.add(creditTable, { contract, account, currency });
  },

  apply(fact, draft) {
    if (fact.kind !== "payout-sent" && fact.kind !== "payout-credited") return;
    const { emitter: contract, account, currency, block, txHash: tx_hash } = fact;
    const key = { contract, account, currency };
    const owed = draft.read(creditTable, key)?.amount ?? 0n;
    const credited = fact.kind === "payout-credited";
    const amount = credited ? owed + fact.amount : owed - fact.amount;
    draft.write(creditTable, { ...key, amount }, fact);
    const kind = credited ? "credited" : "sent";
    const row = { ...key, tx_hash, kind, amount: fact.amount, mined_at: block.minedAt };
    draft.add(payoutTable, row, fact);
  },
};
