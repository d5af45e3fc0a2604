// Violations to plant in a copy of what the checker read, at least one for each of its rules.
import type { Bid, Facts } from "./checker/facts.ts";
import type { RuleName } from "./checker/rules.ts";

const SEAT_BITS = 36n;
const NOBODY = `0x${"11".repeat(20)}`;

interface Planted {
  rule: RuleName;
  what: string;
  plant: (facts: Facts) => void;
}

function first<T>(all: readonly T[], fits: (one: T) => boolean = () => true): T {
  const found = all.find(fits);
  if (found === undefined) throw new Error("there is nothing to plant a violation in");
  return found;
}

/** One that was paid for, and of which nothing is on its way back: such a one owes nothing. */
const paidOrder = ({ orders, intents, takenBack }: Facts) =>
  first(
    orders,
    ({ id, state }) =>
      (state === "paid" || state === "fulfilled") &&
      !takenBack.some(({ orderId }) => orderId === id) &&
      intents.some(({ orderId, received }) => orderId === id && received > 0n),
  );
const liveTicket = ({ tickets }: Facts) => first(tickets, ({ isVoid }) => !isVoid);
const paidLine = (facts: Facts) => {
  const { id } = paidOrder(facts);
  return first(facts.lines, ({ orderId }) => orderId === id);
};
const intent = { status: "succeeded", received: 0n, capturable: 0n, refunded: 0n };

export const PLANTED: readonly Planted[] = [
  {
    rule: "seat-sold-twice",
    what: "a seat in two paid orders",
    plant: (facts) => {
      facts.orders.push({ ...paidOrder(facts), id: "ord_second" });
      facts.lines.push({ ...paidLine(facts), orderId: "ord_second" });
    },
  },
  {
    rule: "seat-sold-twice",
    what: "two live tickets of one seat",
    plant: (facts) => {
      const ticket = liveTicket(facts);
      facts.tickets.push({ ...ticket, ticketId: ticket.ticketId + (1n << SEAT_BITS) });
    },
  },
  {
    rule: "paid-unminted",
    what: "a paid ticket that is not on the chain",
    plant: (facts) => {
      const { ticketId } = paidLine(facts);
      facts.tickets = facts.tickets.filter((ticket) => ticket.ticketId !== ticketId);
    },
  },
  {
    rule: "paid-unminted",
    what: "a ticket that the contract says is somebody else's",
    plant: (facts) => void facts.owners.set(paidLine(facts).ticketId, NOBODY),
  },
  {
    rule: "paid-unminted",
    what: "a line that waits for ever",
    plant: (facts) => {
      const line = paidLine(facts);
      first(facts.mintLines, ({ ticketId }) => ticketId === line.ticketId).state = "sent";
    },
  },
  {
    rule: "minted-unpaid",
    what: "a ticket of no order",
    plant: (facts) => {
      facts.tickets.push({ ...liveTicket(facts), ticketId: 7n << 40n });
    },
  },
  {
    rule: "minted-unpaid",
    what: "a ticket of an order that is not paid",
    plant: (facts) => {
      paidOrder(facts).state = "expired";
    },
  },
  {
    rule: "taken-without-order",
    what: "money of an order that nobody knows",
    plant: ({ intents }) =>
      void intents.push({ ...intent, id: "pi_lost", orderId: "ord_lost", received: 4_500n }),
  },
  {
    rule: "taken-without-order",
    what: "an order that was charged twice",
    plant: (facts) => {
      const { id: orderId, total } = paidOrder(facts);
      facts.intents.push({ ...intent, id: "pi_again", orderId, received: total });
    },
  },
  {
    rule: "paid-without-money",
    what: "a paid order whose money went back",
    plant: (facts) => {
      const { id } = paidOrder(facts);
      for (const taken of facts.intents.filter(({ orderId }) => orderId === id)) {
        taken.refunded = taken.received;
      }
    },
  },
  {
    rule: "left-authorised",
    what: "a card that is held for an order of long ago",
    plant: ({ intents }) =>
      void intents.push({ ...intent, id: "pi_held", orderId: "ord_lost", capturable: 4_500n }),
  },
  {
    rule: "lost",
    what: "an order that a fan was told of and nobody has",
    plant: (facts) => {
      facts.told = [{ orderId: "ord_told", buyer: NOBODY, tickets: [] }];
    },
  },
  {
    rule: "lost",
    what: "a ticket that a fan was told of and the order has not",
    plant: (facts) => {
      const { id: orderId, buyer } = paidOrder(facts);
      facts.told = [{ orderId, buyer, tickets: ["tkt_1_1"] }];
    },
  },
  {
    rule: "nonce-used-twice",
    what: "another intent under a nonce that was used",
    plant: ({ bids }) => {
      // Some signers of a run sign once; its minters sign many.
      const otherOf = (bid: Bid) =>
        bids.find(({ nonce, signer }) => signer === bid.signer && nonce !== bid.nonce);
      const bid = first(bids, (one) => otherOf(one) !== undefined);
      bids.push({ ...bid, raw: otherOf(bid)?.raw ?? bid.raw });
    },
  },
  {
    rule: "audit-broken",
    what: "a row that says something else than it did",
    plant: ({ audit }) => {
      first(audit).text += " ";
    },
  },
  {
    rule: "audit-broken",
    what: "a row that is gone",
    plant: ({ audit }) => void audit.shift(),
  },
  {
    rule: "ledger-unbalanced",
    what: "a posting that makes money",
    plant: ({ postings }) => {
      first(postings).sum += 1n;
    },
  },
  {
    rule: "mirror-differs",
    what: "a ticket that the mirror does not show",
    plant: ({ mirrored }) => void mirrored.shift(),
  },
];
