// The events that exist on chain: their terms, and what became of them.
import type { Projection } from "../draft.ts";
import type { EventTerms } from "../facts.ts";
import { stateTable } from "../table.ts";

/** Times are seconds, as the contract counts them: a 40-bit time need not be a date. */
const eventTable = stateTable("event", {
  key: ["event_id"],
  columns: {
    event_id: "integer",
    organiser: "hex",
    plan_hash: "hex",
    created_at: "timestamptz",
    doors_at: "bigint",
    freeze_at: "bigint",
    refund_until: "bigint",
    policy: "smallint",
    max_gifts: "smallint",
    resale_cap_bps: "integer",
    royalty_bps: "integer",
    royalty_receiver: "hex",
    fee_cap_bps: "integer",
    lock_minutes: "integer",
    cooldown_minutes: "integer",
    currency: "hex",
    box_office: "hex",
    cancelled: "boolean",
    paused_actions: "smallint",
    paused_until: "bigint",
    artwork: "text",
  },
});

export const events: Projection = {
  tables: [eventTable],

  wants(fact, wanted) {
    switch (fact.kind) {
      case "event-rescheduled":
      case "event-cancelled":
      case "event-paused":
      case "artwork-set":
        wanted.add(eventTable, { event_id: fact.eventId });
    }
  },

  apply(fact, draft) {
    switch (fact.kind) {
      case "event-created": {
        const created = { event_id: fact.eventId, created_at: fact.block.minedAt };
        draft.write(eventTable, { ...created, ...rowOfTerms(fact.terms), ...NOTHING_YET }, fact);
        return;
      }
      case "event-rescheduled": {
        const { doorsAt: doors_at, freezeAt: freeze_at, refundUntil: refund_until } = fact;
        const row = draft.demand(eventTable, { event_id: fact.eventId });
        draft.write(eventTable, { ...row, doors_at, freeze_at, refund_until }, fact);
        return;
      }
      case "event-cancelled": {
        const row = draft.demand(eventTable, { event_id: fact.eventId });
        draft.write(eventTable, { ...row, cancelled: true }, fact);
        return;
      }
      case "event-paused": {
        const row = draft.demand(eventTable, { event_id: fact.eventId });
        const paused = { paused_actions: fact.actions, paused_until: fact.until };
        draft.write(eventTable, { ...row, ...paused }, fact);
        return;
      }
      case "artwork-set": {
        const row = draft.demand(eventTable, { event_id: fact.eventId });
        draft.write(eventTable, { ...row, artwork: fact.folder }, fact);
      }
    }
  },
};

const NOTHING_YET = {
  refund_until: 0n,
  cancelled: false,
  paused_actions: 0,
  paused_until: 0n,
  artwork: "",
};

function rowOfTerms(terms: EventTerms) {
  return {
    organiser: terms.organiser,
    plan_hash: terms.planHash,
    doors_at: terms.doorsAt,
    freeze_at: terms.freezeAt,
    policy: terms.policy,
    max_gifts: terms.maxGifts,
    resale_cap_bps: terms.resaleCapBps,
    royalty_bps: terms.royaltyBps,
    royalty_receiver: terms.royaltyReceiver,
    fee_cap_bps: terms.feeCapBps,
    lock_minutes: terms.lockMinutes,
    cooldown_minutes: terms.cooldownMinutes,
    currency: terms.currency,
    box_office: terms.boxOffice,
  };
}
