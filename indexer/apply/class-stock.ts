// The stock of each class of an event: its cap, what was minted of it, and its lowest price (I11).
import type { Draft, Projection } from "../draft.ts";
import type { Fact } from "../facts.ts";
import { stateTable } from "../table.ts";

const classTable = stateTable("class_stock", {
  key: ["event_id", "class"],
  columns: {
    event_id: "integer",
    class: "smallint",
    cap: "integer",
    minted: "integer",
    /** In the event's face unit. */
    floor: "bigint",
  },
});

const PUBLIC = 0;

export const classStock: Projection = {
  tables: [classTable],

  wants(fact, wanted) {
    switch (fact.kind) {
      case "class-released":
        wanted.add(classTable, { event_id: fact.eventId, class: PUBLIC });
        wanted.add(classTable, { event_id: fact.eventId, class: fact.class });
        return;
      case "batch-minted":
      case "floor-set":
        wanted.add(classTable, { event_id: fact.eventId, class: fact.class });
    }
  },

  apply(fact, draft) {
    switch (fact.kind) {
      case "event-created":
        fact.terms.caps.forEach((cap, index) => {
          const key = { event_id: fact.eventId, class: index };
          draft.write(classTable, { ...key, cap, minted: 0, floor: 0n }, fact);
        });
        return;
      case "batch-minted":
        change(draft, fact, { class: fact.class, minted: fact.units ?? 0 });
        return;
      case "class-released":
        change(draft, fact, { class: fact.class, cap: -fact.units });
        change(draft, fact, { class: PUBLIC, cap: fact.units });
        return;
      case "floor-set":
        change(draft, fact, { class: fact.class, floor: fact.floor });
    }
  },
};

function change(
  draft: Draft,
  fact: Extract<Fact, { eventId: number }>,
  by: { class: number; cap?: number; minted?: number; floor?: bigint },
): void {
  const row = draft.demand(classTable, { event_id: fact.eventId, class: by.class });
  const cap = row.cap + (by.cap ?? 0);
  const minted = row.minted + (by.minted ?? 0);
  draft.write(classTable, { ...row, cap, minted, floor: by.floor ?? row.floor }, fact);
}
