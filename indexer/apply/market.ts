// Which contracts may settle sales of an event's tickets.
import type { Projection } from "../draft.ts";
import { stateTable } from "../table.ts";

const marketTable = stateTable("market", {
  key: ["event_id", "market"],
  columns: { event_id: "integer", market: "hex", allowed: "boolean" },
});

export const markets: Projection = {
  tables: [marketTable],

  wants(fact, wanted) {
    if (fact.kind !== "market-set") return;
    wanted.add(marketTable, { event_id: fact.eventId, market: fact.market });
  },

  apply(fact, draft) {
    if (fact.kind !== "market-set") return;
    const { eventId: event_id, market, allowed } = fact;
    draft.write(marketTable, { event_id, market, allowed }, fact);
  },
};
