// What each event changes in the peer's tables, in the fewest calls that Ponder allows.
import { ponder } from "ponder:registry";
import {
  checkIn,
  classStock,
  event as eventTable,
  holder,
  market,
  pot,
  roleMember,
  sale,
  ticket,
  transfer,
} from "ponder:schema";

type Hex = `0x${string}`;

const NOBODY = `0x${"0".repeat(40)}`;
const EVENT_AT = 40n;
const NOTHING = { tickets: 0, received: 0, sent: 0, bought: 0, sold: 0 };
const FRESH = {
  ...{ nonce: 0, gifts: 0, used: false, void: false, resold: false, lastPrice: null },
};

/** A mint's Transfers come before what says their price: one transaction is never torn apart. */
let minted: { ticketId: bigint; owner: Hex }[] = [];

ponder.on("Tickets:Transfer", async ({ event, context: { db } }) => {
  const { from, to, tokenId: ticketId } = event.args;
  await db.insert(transfer).values({
    ...{ id: event.id, txHash: event.transaction.hash, ticketId, sender: from, recipient: to },
    ...{ minedAt: Number(event.block.timestamp), blockNumber: Number(event.block.number) },
  });
  await db
    .insert(holder)
    .values({ ...NOTHING, owner: to, tickets: 1, received: 1 })
    .onConflictDoUpdate((row) => ({ tickets: row.tickets + 1, received: row.received + 1 }));
  if (from === NOBODY) {
    minted.push({ ticketId, owner: to });
    return;
  }
  await db
    .update(holder, { owner: from })
    .set((row) => ({ tickets: row.tickets - 1, sent: row.sent + 1 }));
  await db
    .update(ticket, { ticketId })
    .set((row) => ({ owner: to, nonce: row.nonce + 1, gifts: row.gifts + 1 }));
});

ponder.on("Tickets:BatchMinted", async ({ event, context: { db } }) => {
  const { class: class_, unitPrice } = event.args;
  const eventId = Number(event.args.eventId);
  const terms = {
    ...{ eventId, class: class_, face: BigInt(unitPrice), mintTx: event.transaction.hash },
    ...{ mintBlock: Number(event.block.number), mintedAt: Number(event.block.timestamp) },
  };
  await db.insert(ticket).values(minted.map((one) => ({ ...FRESH, ...terms, ...one })));
  const { length } = minted;
  minted = [];
  await db
    .update(classStock, { eventId, class: class_ })
    .set((row) => ({ minted: row.minted + length }));
});

ponder.on("Resale:Sold", async ({ event, context: { db } }) => {
  const { id: ticketId, seller, buyer, price, royalty, fee } = event.args;
  const eventId = Number(ticketId >> EVENT_AT);
  await db.insert(sale).values({
    ...{ id: event.id, txHash: event.transaction.hash, ticketId, eventId, seller, buyer },
    ...{ price, royalty, fee },
    ...{ minedAt: Number(event.block.timestamp), blockNumber: Number(event.block.number) },
  });
  await db
    .update(ticket, { ticketId })
    .set((row) => ({ gifts: row.gifts - 1, resold: true, lastPrice: price }));
  await db.update(holder, { owner: buyer }).set((row) => ({ bought: row.bought + 1 }));
  await db.update(holder, { owner: seller }).set((row) => ({ sold: row.sold + 1 }));
  await db.update(pot, { eventId }).set((row) => ({ collected: row.collected + royalty }));
});

ponder.on("Tickets:CheckedIn", async ({ event, context: { db } }) => {
  const { id: ticketId } = event.args;
  const eventId = Number(ticketId >> EVENT_AT);
  await db.insert(checkIn).values({
    ...{ id: event.id, txHash: event.transaction.hash, ticketId, eventId },
    ...{ minedAt: Number(event.block.timestamp), blockNumber: Number(event.block.number) },
  });
  await db.update(ticket, { ticketId }).set({ used: true });
});

ponder.on("Tickets:EventCreated", async ({ event, context: { db } }) => {
  const { organiser, terms } = event.args;
  const eventId = Number(event.args.eventId);
  const { planHash, doorsAt, freezeAt, royaltyReceiver, currency, boxOffice, caps } = terms;
  await db.insert(eventTable).values({
    ...{ eventId, organiser, planHash, createdAt: Number(event.block.timestamp) },
    ...{ doorsAt, freezeAt, royaltyReceiver, currency, boxOffice },
  });
  await db.insert(pot).values({ eventId, currency, collected: 0n });
  await db
    .insert(classStock)
    .values(caps.map((cap, index) => ({ eventId, class: index, cap, minted: 0 })));
});

ponder.on("Tickets:MarketSet", async ({ event, context: { db } }) => {
  const { market: at, allowed } = event.args;
  await db
    .insert(market)
    .values({ eventId: Number(event.args.eventId), market: at, allowed })
    .onConflictDoUpdate({ allowed });
});

ponder.on("Tickets:RoleGranted", async ({ event, context: { db } }) => {
  const { role, account } = event.args;
  await db
    .insert(roleMember)
    .values({ role, account, held: true })
    .onConflictDoUpdate({ held: true });
});
