// The money that the box office keeps for each event, and every change of it (I4).
import { unpackTicketId } from "#server/domain/ticket-id.ts";
import type { Draft, Projection } from "../draft.ts";
import type { Fact, FactOf } from "../facts.ts";
import { historyTable, type RowOf, stateTable } from "../table.ts";
import { isFunded, ticketTable } from "./ticket.ts";

/** Amounts are in the event's currency. */
const escrowTable = stateTable("escrow", {
  key: ["event_id"],
  columns: {
    event_id: "integer",
    /** What lies there for tickets that were paid on chain. */
    held: "numeric",
    /** What the organiser put in for refunds that no escrow covers. */
    funds: "numeric",
    deposited: "numeric",
    released: "numeric",
    refunded: "numeric",
  },
});

const escrowEntryTable = historyTable("escrow_entry", {
  tx_hash: "hex",
  event_id: "integer",
  kind: "hex",
  account: "hex?",
  ticket_id: "bigint?",
  amount: "numeric",
  mined_at: "timestamptz",
});

const EMPTY = { held: 0n, funds: 0n, deposited: 0n, released: 0n, refunded: 0n };
type Amounts = typeof EMPTY;
type Entry = Pick<RowOf<typeof escrowEntryTable.columns>, "kind" | "account" | "ticket_id">;

export const escrow: Projection = {
  tables: [escrowTable, escrowEntryTable],

  wants(fact, wanted) {
    switch (fact.kind) {
      case "refunded":
        wanted.add(ticketTable, { ticket_id: fact.ticketId });
        wanted.add(escrowTable, { event_id: unpackTicketId(fact.ticketId).eventId });
        return;
      case "escrow-deposited":
      case "escrow-released":
      case "refunds-funded":
      case "funds-reclaimed":
        wanted.add(escrowTable, { event_id: fact.eventId });
    }
  },

  apply(fact, draft) {
    const none = { account: null, ticket_id: null };
    switch (fact.kind) {
      case "escrow-deposited":
        book(draft, fact, fact.eventId, { held: fact.amount, deposited: fact.amount });
        return enter(draft, fact, fact.eventId, { ...none, kind: "deposited" });
      case "escrow-released":
        book(draft, fact, fact.eventId, { held: -fact.amount, released: fact.amount });
        return enter(draft, fact, fact.eventId, {
          ...none,
          kind: "released",
          account: fact.organiser,
        });
      case "refunds-funded":
        book(draft, fact, fact.eventId, { funds: fact.amount });
        return enter(draft, fact, fact.eventId, { ...none, kind: "funded" });
      case "funds-reclaimed":
        book(draft, fact, fact.eventId, { funds: -fact.amount });
        return enter(draft, fact, fact.eventId, { ...none, kind: "reclaimed" });
      case "refunded":
        return refund(draft, fact);
    }
  },
};

/** As the contract decides: from the escrow if the ticket's price lies there and it covers it. */
function refund(draft: Draft, fact: FactOf<"refunded">): void {
  const { ticketId, amount, holder } = fact;
  const { eventId } = unpackTicketId(ticketId);
  const held = draft.read(escrowTable, { event_id: eventId })?.held ?? 0n;
  const fromEscrow = isFunded(draft, ticketId) && held >= amount;
  const paid = fromEscrow ? { held: -amount } : { funds: -amount };
  book(draft, fact, eventId, { ...paid, refunded: amount });
  enter(draft, fact, eventId, { kind: "refunded", account: holder, ticket_id: ticketId });
}

function book(draft: Draft, fact: Fact, eventId: number, by: Partial<Amounts>): void {
  const row = draft.read(escrowTable, { event_id: eventId }) ?? EMPTY;
  const sum = (name: keyof Amounts): bigint => row[name] + (by[name] ?? 0n);
  const amounts = {
    held: sum("held"),
    funds: sum("funds"),
    deposited: sum("deposited"),
    released: sum("released"),
    refunded: sum("refunded"),
  };
  draft.write(escrowTable, { event_id: eventId, ...amounts }, fact);
}

function enter(
  draft: Draft,
  fact: Extract<Fact, { amount: bigint }>,
  event_id: number,
  entry: Entry,
): void {
  const { txHash: tx_hash, amount, block } = fact;
  draft.add(
    escrowEntryTable,
    { ...entry, tx_hash, event_id, amount, mined_at: block.minedAt },
    fact,
  );
}
