// The wallets: how many tickets each holds, and how often it got, gave, bought and sold one.
import type { Draft, Projection } from "../draft.ts";
import { type Fact, NOBODY } from "../facts.ts";
import { stateTable } from "../table.ts";

const holderTable = stateTable("holder", {
  key: ["owner"],
  columns: {
    owner: "hex",
    /** As balanceOf answers it: tickets that are void or used are still held. */
    tickets: "integer",
    received: "integer",
    sent: "integer",
    bought: "integer",
    sold: "integer",
  },
});

const COUNTS = { tickets: 0, received: 0, sent: 0, bought: 0, sold: 0 };
type Counts = typeof COUNTS;

export const holders: Projection = {
  tables: [holderTable],

  wants(fact, wanted) {
    if (fact.kind !== "transfer") return;
    wanted.add(holderTable, { owner: fact.to });
    if (fact.from !== NOBODY) wanted.add(holderTable, { owner: fact.from });
  },

  apply(fact, draft) {
    if (fact.kind !== "transfer") return;
    const sale = fact.sold === true ? 1 : 0;
    if (fact.from !== NOBODY) {
      count(draft, fact, fact.from, { tickets: -1, sent: 1, sold: sale });
    }
    count(draft, fact, fact.to, { tickets: 1, received: 1, bought: sale });
  },
};

function count(draft: Draft, fact: Fact, owner: string, by: Partial<Counts>): void {
  const { tickets, received, sent, bought, sold } = draft.read(holderTable, { owner }) ?? COUNTS;
  const row = {
    owner,
    tickets: tickets + (by.tickets ?? 0),
    received: received + (by.received ?? 0),
    sent: sent + (by.sent ?? 0),
    bought: bought + (by.bought ?? 0),
    sold: sold + (by.sold ?? 0),
  };
  draft.write(holderTable, row, fact);
}
