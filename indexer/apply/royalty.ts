// Who shares an event's royalties, what lies in its pot, and what each payee got out of it (I5).
import { unpackTicketId } from "#server/domain/ticket-id.ts";
import type { Draft, Projection, Wanted } from "../draft.ts";
import { type Fact, type FactOf, NOBODY } from "../facts.ts";
import { historyTable, stateTable } from "../table.ts";

const shareTable = stateTable("split_share", {
  key: ["event_id", "position"],
  columns: {
    event_id: "integer",
    position: "smallint",
    payee: "hex",
    share_bps: "integer",
    /** The split's version when this share last changed; the highest is the split's. */
    version: "integer",
  },
});

const potTable = stateTable("pot", {
  key: ["event_id"],
  columns: {
    event_id: "integer",
    /** The event's: its tickets are sold on in no other. */
    currency: "hex",
    collected: "numeric",
    distributed: "numeric",
  },
});

const EMPTY_POT = { collected: 0n, distributed: 0n };

/** One row for each payee of a distribution. */
const royaltyTable = historyTable(
  "royalty",
  {
    position: "smallint",
    event_id: "integer",
    payee: "hex",
    currency: "hex",
    amount: "numeric",
    tx_hash: "hex",
    mined_at: "timestamptz",
  },
  ["position"],
);

const BPS = 10_000n;
/** The contract's PAYEES_MAX. */
const PAYEES_MAX = 32;

export const royalties: Projection = {
  tables: [shareTable, potTable, royaltyTable],

  wants(fact, wanted) {
    switch (fact.kind) {
      case "share-redirected":
        wanted.add(shareTable, { event_id: fact.eventId, position: fact.index });
        return;
      case "split-locked":
        return wantShares(wanted, fact.eventId);
      case "sold":
        wanted.add(potTable, { event_id: unpackTicketId(fact.ticketId).eventId });
        return;
      case "pot-distributed":
        wanted.add(potTable, { event_id: fact.eventId });
        wantShares(wanted, fact.eventId);
    }
  },

  apply(fact, draft) {
    switch (fact.kind) {
      case "event-created":
        return beginShares(draft, fact);
      case "split-locked":
        fact.payees.forEach((payee, position) => {
          const share_bps = fact.shares[position] as number;
          const row = { event_id: fact.eventId, position, payee, share_bps, version: 0 };
          draft.write(shareTable, row, fact);
        });
        return;
      case "share-redirected": {
        const row = draft.demand(shareTable, { event_id: fact.eventId, position: fact.index });
        draft.write(shareTable, { ...row, payee: fact.to, version: fact.version }, fact);
        return;
      }
      case "sold": {
        const { eventId } = unpackTicketId(fact.ticketId);
        if (fact.royalty > 0n) book(draft, fact, eventId, { collected: fact.royalty });
        return;
      }
      case "pot-distributed":
        distribute(draft, fact);
    }
  },
};

function wantShares(wanted: Wanted, eventId: number): void {
  for (let position = 0; position < PAYEES_MAX; position += 1) {
    wanted.add(shareTable, { event_id: eventId, position });
  }
}

/** Until its organiser locks a split, an event has one payee. */
function beginShares(draft: Draft, fact: FactOf<"event-created">): void {
  const { eventId, terms } = fact;
  draft.write(potTable, { event_id: eventId, currency: terms.currency, ...EMPTY_POT }, fact);
  if (terms.royaltyReceiver === NOBODY) return;
  const share = { payee: terms.royaltyReceiver, share_bps: Number(BPS), version: 0 };
  draft.write(shareTable, { event_id: eventId, position: 0, ...share }, fact);
}

function distribute(draft: Draft, fact: FactOf<"pot-distributed">): void {
  const { eventId: event_id, currency, amount, block, txHash: tx_hash } = fact;
  book(draft, fact, event_id, { distributed: amount });
  const shares = [];
  for (let position = 0; position < PAYEES_MAX; position += 1) {
    const share = draft.read(shareTable, { event_id, position });
    if (share !== undefined) shares.push(share);
  }
  let rest = amount;
  shares.forEach(({ payee, share_bps, position }, index) => {
    // What division leaves over is the last payee's.
    const last = index === shares.length - 1;
    const part = last ? rest : (amount * BigInt(share_bps)) / BPS;
    rest -= part;
    const row = { position, event_id, payee, currency, amount: part, tx_hash };
    draft.add(royaltyTable, { ...row, mined_at: block.minedAt }, fact);
  });
}

function book(
  draft: Draft,
  fact: Fact,
  event_id: number,
  by: { collected?: bigint; distributed?: bigint },
): void {
  const pot = draft.demand(potTable, { event_id });
  const collected = pot.collected + (by.collected ?? 0n);
  const distributed = pot.distributed + (by.distributed ?? 0n);
  draft.write(potTable, { ...pot, collected, distributed }, fact);
}
