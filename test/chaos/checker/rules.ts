// What must never be, each as a rule over the facts: pure, so that planted violations can be shown to it.
import { createHash } from "node:crypto";
import { parseTransaction, type TransactionSerialized } from "viem";
import type { Facts, Intent, Line, Order } from "./facts.ts";

export interface Violation {
  rule: RuleName;
  subject: string;
  detail: string;
}

type Found = Omit<Violation, "rule">;

const PAID: readonly string[] = ["paid", "fulfilled", "attention"];
const SEAT_BITS = 36n;
const ISSUE_BITS = 4n;
/** Sweeps come each half minute; an authorisation of an order that ended is let go by then. */
const AUTHORISED_LIMIT_MS = 90_000;

/** The seat of an event, whichever issue of its ticket it is. */
function seatOf(ticketId: bigint): string {
  const seat = ticketId & ((1n << SEAT_BITS) - 1n);
  return `${ticketId >> (SEAT_BITS + ISSUE_BITS)}/${seat}`;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  return Map.groupBy(items, key);
}

/** The lines of paid orders, less those that are taken back. */
function paidLines({ orders, lines, takenBack }: Facts): Line[] {
  const paid = new Set(orders.filter(({ state }) => PAID.includes(state)).map(({ id }) => id));
  const back = new Set(takenBack.map(({ orderId, seat }) => `${orderId} ${seat}`));
  return lines.filter(({ orderId, seat }) => paid.has(orderId) && !back.has(`${orderId} ${seat}`));
}

function* seatSoldTwice(facts: Facts): Generator<Found> {
  for (const [seat, lines] of groupBy(paidLines(facts), ({ ticketId }) => seatOf(ticketId))) {
    if (lines.length < 2) continue;
    const orders = lines.map(({ orderId }) => orderId).join(" and ");
    yield { subject: seat, detail: `is in the paid orders ${orders}` };
  }
  const live = facts.tickets.filter(({ isVoid }) => !isVoid);
  for (const [seat, tickets] of groupBy(live, ({ ticketId }) => seatOf(ticketId))) {
    if (tickets.length < 2) continue;
    const ids = tickets.map(({ ticketId }) => ticketId).join(" and ");
    yield { subject: seat, detail: `has the live tickets ${ids}` };
  }
}

function* paidUnminted(facts: Facts): Generator<Found> {
  const buyers = new Map(facts.orders.map(({ id, buyer }) => [id, buyer]));
  const logs = new Map(facts.tickets.map((ticket) => [ticket.ticketId, ticket]));
  const lines = new Map(facts.mintLines.map((line) => [line.ticketId, line]));
  for (const { orderId, ticketId } of paidLines(facts)) {
    const subject = `${orderId} ${ticketId}`;
    const ticket = logs.get(ticketId);
    const line = lines.get(ticketId);
    const queue = `its line is ${line?.state ?? "missing"} ${line?.reason ?? ""}`.trim();
    if (ticket === undefined || ticket.isVoid) {
      yield { subject, detail: `is paid and not on the chain; ${queue}` };
    } else if (ticket.owner !== buyers.get(orderId)) {
      yield { subject, detail: `is ${ticket.owner}'s and was bought by ${buyers.get(orderId)}` };
    } else if (facts.owners.get(ticketId) !== ticket.owner) {
      yield { subject, detail: `is ${facts.owners.get(ticketId)}'s by the contract` };
    } else if (line?.state !== "minted") {
      yield { subject, detail: `is on the chain, and ${queue}` };
    }
  }
}

function* mintedUnpaid(facts: Facts): Generator<Found> {
  const paid = new Set(paidLines(facts).map(({ ticketId }) => ticketId));
  for (const { ticketId, isVoid, owner } of facts.tickets) {
    if (isVoid || paid.has(ticketId)) continue;
    yield { subject: String(ticketId), detail: `is ${owner}'s and in no paid order` };
  }
}

const netOf = (intents: readonly Intent[]) =>
  intents.reduce((sum, { received, refunded }) => sum + received - refunded, 0n);

function* moneyOf(facts: Facts): Generator<{ order: Order | undefined; id: string; net: bigint }> {
  const orders = new Map(facts.orders.map((order) => [order.id, order]));
  const intents = groupBy(facts.intents, ({ orderId }) => orderId);
  for (const id of new Set([...orders.keys(), ...intents.keys()])) {
    yield { id, order: orders.get(id), net: netOf(intents.get(id) ?? []) };
  }
}

/** What was taken back is the refunds' to prove; the drop has none. */
function dueOf(facts: Facts, order: Order | undefined): bigint {
  if (order === undefined || !PAID.includes(order.state)) return 0n;
  const isBack = facts.takenBack.some(({ orderId }) => orderId === order.id);
  return isBack ? 0n : order.total;
}

function* takenWithoutOrder(facts: Facts): Generator<Found> {
  for (const { id, order, net } of moneyOf(facts)) {
    const due = dueOf(facts, order);
    if (net <= due) continue;
    const state = order?.state ?? "unknown";
    yield { subject: id, detail: `is ${state}, owes ${due}, and Stripe has ${net} of it` };
  }
}

function* paidWithoutMoney(facts: Facts): Generator<Found> {
  for (const { id, order, net } of moneyOf(facts)) {
    const due = dueOf(facts, order);
    if (net >= due) continue;
    yield { subject: id, detail: `is ${order?.state}, owes ${due}, and Stripe has ${net} of it` };
  }
}

function* leftAuthorised(facts: Facts): Generator<Found> {
  const orders = new Map(facts.orders.map((order) => [order.id, order]));
  for (const { id, orderId, capturable } of facts.intents) {
    if (capturable === 0n) continue;
    const order = orders.get(orderId);
    if (order !== undefined && order.overForMs < AUTHORISED_LIMIT_MS) continue;
    yield { subject: id, detail: `holds ${capturable} of a card for the ended order ${orderId}` };
  }
}

function* lost({ orders, lines, told }: Facts): Generator<Found> {
  const known = new Map(orders.map((order) => [order.id, order]));
  const ofOrder = groupBy(lines, ({ orderId }) => orderId);
  for (const { orderId, buyer, tickets } of told) {
    const order = known.get(orderId);
    if (order === undefined || !PAID.includes(order.state) || order.buyer !== buyer.toLowerCase()) {
      const is = order === undefined ? "missing" : `${order.state}, of ${order.buyer}`;
      yield { subject: orderId, detail: `a fan was told that it is paid; it is ${is}` };
      continue;
    }
    const ids = new Set((ofOrder.get(orderId) ?? []).map(({ ticketId }) => String(ticketId)));
    const gone = tickets.filter((ticket) => !ids.has(ticket.split("_").at(-1) ?? ""));
    if (gone.length > 0) {
      yield { subject: orderId, detail: `a fan was told of ${gone.join()}, which it has not` };
    }
  }
}

/** Fees may differ between two bids of one nonce, and nothing else. */
function* nonceUsedTwice({ bids }: Facts): Generator<Found> {
  const ofNonce = groupBy(bids, ({ chainId, signer, nonce }) => `${chainId} ${signer} ${nonce}`);
  for (const [subject, some] of ofNonce) {
    const intents = new Set(
      some.map(({ raw }) => {
        const {
          to,
          data = "0x",
          value = 0n,
          nonce,
        } = parseTransaction(raw as TransactionSerialized);
        return `${nonce} ${to} ${value} ${data}`;
      }),
    );
    if (intents.size > 1)
      yield { subject, detail: `${intents.size} different intents were signed` };
  }
}

function* auditBroken({ audit }: Facts): Generator<Found> {
  let previous = "0".repeat(64);
  for (const [at, row] of audit.entries()) {
    const subject = `row ${row.id}`;
    const hash = createHash("sha256").update(row.text).digest("hex");
    if (row.id !== BigInt(at + 1)) yield { subject, detail: `stands at place ${at + 1}` };
    else if (row.previous !== previous) yield { subject, detail: "does not follow the one before" };
    else if (row.hash !== hash) yield { subject, detail: "does not have the hash of what it says" };
    previous = row.hash;
  }
}

function* ledgerUnbalanced({ postings }: Facts): Generator<Found> {
  for (const { posting, currency, sum } of postings) {
    if (sum !== 0n) yield { subject: posting, detail: `sums to ${sum} ${currency}` };
  }
}

function* mirrorDiffers({ tickets, mirrored }: Facts): Generator<Found> {
  const said = ({ owner, isVoid }: { owner: string; isVoid: boolean }) =>
    `${owner}'s${isVoid ? ", void" : ""}`;
  const chain = new Map(tickets.map((ticket) => [ticket.ticketId, said(ticket)]));
  const mirror = new Map(mirrored.map((ticket) => [ticket.ticketId, said(ticket)]));
  for (const id of new Set([...chain.keys(), ...mirror.keys()])) {
    const [is, shown] = [chain.get(id) ?? "nobody's", mirror.get(id) ?? "nobody's"];
    if (is !== shown) yield { subject: String(id), detail: `is ${is}; the mirror shows ${shown}` };
  }
}

export const RULES = {
  "seat-sold-twice": seatSoldTwice,
  "paid-unminted": paidUnminted,
  "minted-unpaid": mintedUnpaid,
  "taken-without-order": takenWithoutOrder,
  "paid-without-money": paidWithoutMoney,
  "left-authorised": leftAuthorised,
  lost,
  "nonce-used-twice": nonceUsedTwice,
  "audit-broken": auditBroken,
  "ledger-unbalanced": ledgerUnbalanced,
  "mirror-differs": mirrorDiffers,
} as const satisfies Record<string, (facts: Facts) => Generator<Found>>;

export type RuleName = keyof typeof RULES;

export function findViolations(facts: Facts): Violation[] {
  return Object.entries(RULES).flatMap(([rule, find]) =>
    [...find(facts)].map((found) => ({ rule: rule as RuleName, ...found })),
  );
}
