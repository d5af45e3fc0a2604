// The same tables as the product's mirror, as far as the bench's chain has something for them.
import { index, onchainTable, primaryKey } from "ponder";

export const event = onchainTable("event", (t) => ({
  eventId: t.integer().primaryKey(),
  organiser: t.hex().notNull(),
  planHash: t.hex().notNull(),
  createdAt: t.integer().notNull(),
  doorsAt: t.integer().notNull(),
  freezeAt: t.integer().notNull(),
  royaltyReceiver: t.hex().notNull(),
  currency: t.hex().notNull(),
  boxOffice: t.hex().notNull(),
}));

export const market = onchainTable(
  "market",
  (t) => ({
    eventId: t.integer().notNull(),
    market: t.hex().notNull(),
    allowed: t.boolean().notNull(),
  }),
  (t) => ({ key: primaryKey({ columns: [t.eventId, t.market] }) }),
);

export const classStock = onchainTable(
  "class_stock",
  (t) => ({
    eventId: t.integer().notNull(),
    class: t.integer().notNull(),
    cap: t.integer().notNull(),
    minted: t.integer().notNull(),
  }),
  (t) => ({ key: primaryKey({ columns: [t.eventId, t.class] }) }),
);

export const transfer = onchainTable(
  "transfer",
  (t) => ({
    id: t.text().primaryKey(),
    txHash: t.hex().notNull(),
    ticketId: t.bigint().notNull(),
    sender: t.hex().notNull(),
    recipient: t.hex().notNull(),
    minedAt: t.integer().notNull(),
    blockNumber: t.integer().notNull(),
  }),
  (t) => ({ ticket: index().on(t.ticketId), tx: index().on(t.txHash) }),
);

export const holder = onchainTable("holder", (t) => ({
  owner: t.hex().primaryKey(),
  tickets: t.integer().notNull(),
  received: t.integer().notNull(),
  sent: t.integer().notNull(),
  bought: t.integer().notNull(),
  sold: t.integer().notNull(),
}));

export const sale = onchainTable(
  "sale",
  (t) => ({
    id: t.text().primaryKey(),
    txHash: t.hex().notNull(),
    ticketId: t.bigint().notNull(),
    eventId: t.integer().notNull(),
    seller: t.hex().notNull(),
    buyer: t.hex().notNull(),
    price: t.bigint().notNull(),
    royalty: t.bigint().notNull(),
    fee: t.bigint().notNull(),
    minedAt: t.integer().notNull(),
    blockNumber: t.integer().notNull(),
  }),
  (t) => ({
    ticket: index().on(t.ticketId),
    event: index().on(t.eventId, t.blockNumber),
  }),
);

export const checkIn = onchainTable(
  "check_in",
  (t) => ({
    id: t.text().primaryKey(),
    txHash: t.hex().notNull(),
    ticketId: t.bigint().notNull(),
    eventId: t.integer().notNull(),
    minedAt: t.integer().notNull(),
    blockNumber: t.integer().notNull(),
  }),
  (t) => ({ ticket: index().on(t.ticketId) }),
);

export const ticket = onchainTable(
  "ticket",
  (t) => ({
    ticketId: t.bigint().primaryKey(),
    eventId: t.integer().notNull(),
    owner: t.hex().notNull(),
    class: t.integer().notNull(),
    face: t.bigint().notNull(),
    nonce: t.integer().notNull(),
    gifts: t.integer().notNull(),
    used: t.boolean().notNull(),
    void: t.boolean().notNull(),
    resold: t.boolean().notNull(),
    lastPrice: t.bigint(),
    mintTx: t.hex().notNull(),
    mintBlock: t.integer().notNull(),
    mintedAt: t.integer().notNull(),
  }),
  (t) => ({ owner: index().on(t.owner) }),
);

export const pot = onchainTable("pot", (t) => ({
  eventId: t.integer().primaryKey(),
  currency: t.hex().notNull(),
  collected: t.bigint().notNull(),
}));

export const roleMember = onchainTable(
  "role_member",
  (t) => ({
    role: t.hex().notNull(),
    account: t.hex().notNull(),
    held: t.boolean().notNull(),
  }),
  (t) => ({ key: primaryKey({ columns: [t.role, t.account] }) }),
);
