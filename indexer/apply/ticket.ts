// The tickets: who holds each one, what it cost first and last, and what state it is in.
import { unpackTicketId } from "#server/domain/ticket-id.ts";
import type { Draft, Projection } from "../draft.ts";
import { type Fact, type FactOf, NOBODY } from "../facts.ts";
import { type RowOf, stateTable } from "../table.ts";

export const ticketTable = stateTable("ticket", {
  key: ["ticket_id"],
  columns: {
    ticket_id: "bigint",
    event_id: "integer",
    owner: "hex",
    class: "smallint",
    /** In the event's face unit. */
    face: "numeric",
    nonce: "integer",
    gifts: "smallint",
    used: "boolean",
    void: "boolean",
    /** Its price lies in escrow. */
    funded: "boolean",
    /** Its price was paid off chain. */
    card: "boolean",
    resold: "boolean",
    refunded: "boolean",
    /** What the last buyer paid, in the event's currency. */
    last_price: "numeric?",
    mint_tx: "hex",
    mint_block: "bigint",
    minted_at: "timestamptz",
  },
});

type TicketRow = RowOf<typeof ticketTable.columns>;

/** The contract's nonce is 12 bits and its count of gifts 4; both stay at their highest value. */
const NONCE_MAX = 4095;
const GIFTS_MAX = 15;

export const tickets: Projection = {
  tables: [ticketTable],

  wants(fact, wanted) {
    // What is minted here was not there before.
    if (!("ticketId" in fact) || (fact.kind === "transfer" && fact.from === NOBODY)) return;
    wanted.add(ticketTable, { ticket_id: fact.ticketId });
  },

  apply(fact, draft) {
    if (!("ticketId" in fact)) return;
    if (fact.kind === "transfer" && fact.from === NOBODY) {
      draft.write(ticketTable, minted(fact), fact);
      return;
    }
    const row = draft.demand(ticketTable, { ticket_id: fact.ticketId });
    draft.write(ticketTable, { ...row, ...changed(row, fact) }, fact);
  },
};

function minted(fact: FactOf<"transfer">) {
  const { class: class_, unitPrice, funded } = fact.mint as NonNullable<typeof fact.mint>;
  return {
    ticket_id: fact.ticketId,
    event_id: unpackTicketId(fact.ticketId).eventId,
    owner: fact.to,
    class: class_,
    face: unitPrice,
    nonce: 0,
    gifts: 0,
    used: false,
    void: false,
    funded,
    card: unitPrice > 0n && !funded,
    resold: false,
    refunded: false,
    last_price: null,
    mint_tx: fact.txHash,
    mint_block: fact.block.number,
    minted_at: fact.block.minedAt,
  };
}

function changed(row: TicketRow, fact: Extract<Fact, { ticketId: bigint }>): Partial<TicketRow> {
  switch (fact.kind) {
    case "transfer": {
      const moved = { owner: fact.to, nonce: Math.min(row.nonce + 1, NONCE_MAX) };
      if (fact.sold === true) return { ...moved, resold: true };
      return { ...moved, gifts: Math.min(row.gifts + 1, GIFTS_MAX) };
    }
    case "nonce-raised":
      return { nonce: fact.nonce };
    case "checked-in":
      return { used: true };
    case "voided":
      return { void: true };
    case "sold":
      return { last_price: fact.price };
    case "refunded":
      return { void: true, funded: false, card: false, refunded: true };
  }
}

/** Whether its price lies in escrow, for what happens to the money. */
export function isFunded(draft: Draft, ticketId: bigint): boolean {
  return draft.demand(ticketTable, { ticket_id: ticketId }).funded;
}
