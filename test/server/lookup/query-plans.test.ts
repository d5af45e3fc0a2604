// What is asked often, over a sold-out season: by which index it is answered, and no large table read whole.
import { expect } from "chai";
import { rolesOf } from "#server/auth/role.ts";
import { pruneSessions } from "#server/auth/session.ts";
import { readStretch } from "#server/lookup/facts/read-stretch.ts";
import { findBySeat, findPaidOrder } from "#server/lookup/find.ts";
import { findTransaction } from "#server/lookup/find-transaction.ts";
import { listEventTickets } from "#server/lookup/list-event-tickets.ts";
import { listPayouts } from "#server/lookup/list-payouts.ts";
import { listSales, readRoyalties } from "#server/lookup/read-event-money.ts";
import { readHistory } from "#server/lookup/read-history.ts";
import { readOrderTickets } from "#server/lookup/read-order-tickets.ts";
import { chooseLines, claimLines, readWaiting } from "#server/mint/choose-lines.ts";
import {
  closeBought,
  closeMinted,
  moveOrders,
  reopenMinted,
  setAsideStrange,
} from "#server/mint/settle-lines.ts";
import { listNotices } from "#server/notify/list-notices.ts";
import { pruneNotices } from "#server/notify/prune-notices.ts";
import { claimPlaces } from "#server/pay/claim-places.ts";
import { readProgress } from "#server/pay/progress/read-progress.ts";
import type { PaymentProvider } from "#server/pay/provider.ts";
import { readOrder } from "#server/pay/read-order.ts";
import { askCancelled } from "#server/pay/refund/ask-cancelled.ts";
import { closeVoiding } from "#server/pay/refund/close-voiding.ts";
import { freeSeats } from "#server/pay/refund/free-seats.ts";
import { moveLines } from "#server/pay/refund/move-lines.ts";
import { payBackDue } from "#server/pay/refund/pay-back.ts";
import { closePaidHolders, findFunded } from "#server/pay/refund/pay-holders.ts";
import { readRefunds } from "#server/pay/refund/read-refunds.ts";
import { expireOrders, sweepPayments } from "#server/pay/sweep-payments.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { findStored, pruneKeys } from "#server/platform/db/keyed.ts";
import { createLog } from "#server/platform/log.ts";
import type { RedisClient } from "#server/platform/redis.ts";
import type { WakeQueue } from "#server/queue/wake-queue.ts";
import { listTickets, readTicket } from "#server/ticket/read-tickets.ts";
import { sendDue } from "#server/webhook/send-due.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { explain } from "../../support/explain.ts";
import { seedBooks } from "../../support/seed-books.ts";
import { seedErrands } from "../../support/seed-errands.ts";
import { seedHistories } from "../../support/seed-histories.ts";

const SUITE_LIMIT_MS = 60_000;
/** Enough that reading all of them is never the cheapest. */
const TICKETS = 16_000;
/** Tables with fewer rows may be read whole. */
const LARGE_ROWS = 500;

const event = { deployment: 1, eventId: 7 };
const seat = (1 << 24) + 4_001;
const ticket = { deployment: 1, ticketId: (7n << 40n) | BigInt(seat) };
const owner = `0x${(2_000).toString(16).padStart(40, "0")}`;
const order = { orderId: `ord_${"2000".padStart(26, "0")}`, buyer: owner };
const hash = `0x${"ab".repeat(32)}`;
const place = { deployment: 1, number: 20n, hash };
const page = { limit: 50, before: undefined };
const log = createLog({ name: "test", level: "silent" });
const area = { area: 3, places: 2 };
/** Nothing is due: nobody else is asked. */
const errands = {
  ...{ log, provider: { name: "stripe" } as PaymentProvider },
  redis: undefined as unknown as RedisClient,
  queue: undefined as unknown as WakeQueue,
  post: () => Promise.reject(new Error("nothing is due")),
};
const line = { id: 5n, ticketId: 1n, owner: "0x0" as const, class: 0, unitPrice: 0n };

/** What is asked, how, and the indexes without which it would be slow. */
const QUESTIONS: [what: string, ask: (db: Db) => Promise<unknown>, ...indexes: string[]][] = [
  [
    "tickets of a wallet",
    (db) => listTickets(db, { owner, limit: 50, after: undefined }),
    "ticket_owner_deployment_ticket_id_idx",
  ],
  [
    "its tickets of one event",
    (db) => listTickets(db, { owner, limit: 50, after: undefined, event, state: "valid" }),
    "ticket_owner_deployment_ticket_id_idx",
  ],
  ["one ticket", (db) => readTicket(db, ticket), "ticket_pkey"],
  ["the ticket of a seat", (db) => findBySeat(db, event, seat), "ticket_pkey"],
  [
    "tickets of an event",
    (db) => listEventTickets(db, event, { limit: 50, after: undefined }),
    "ticket_pkey",
  ],
  [
    "a ticket's history",
    (db) => readHistory(db, ticket),
    "transfer_deployment_ticket_id_idx",
    "sale_deployment_ticket_id_idx",
    "check_in_deployment_ticket_id_idx",
    "ticket_void_deployment_ticket_id_idx",
    "escrow_entry_event_kind_idx",
  ],
  ["sales of an event", (db) => listSales(db, event, page), "sale_event_position_idx"],
  ["its royalties", (db) => readRoyalties(db, event), "royalty_event_payee_idx"],
  [
    "its payouts",
    (db) => listPayouts(db, event, page),
    "royalty_event_position_idx",
    "escrow_entry_event_kind_idx",
    "royalty_event_payee_idx",
  ],
  ["an order paid on chain", (db) => findPaidOrder(db, hash), "order_paid_order_id_idx"],
  [
    "a transaction",
    (db) =>
      findTransaction(
        { db, chains: new Map(), nodeBudget: { take: () => false } },
        { txHash: hash, known: undefined, network: "here" },
      ),
    "transfer_tx_hash_idx",
  ],
  [
    "the facts after a place",
    (db) => readStretch(db, { after: place, until: { number: 1_000n, hash }, limit: 500 }),
    "transfer_pkey",
    "check_in_pkey",
    "ticket_void_pkey",
    "escrow_entry_pkey",
    "transfer_deployment_ticket_id_idx",
  ],
  ["the tickets of an order", (db) => readOrderTickets(db, order), "order_pkey"],
  ["an order", (db) => readOrder(db, order), "order_pkey", "order_line_pkey"],
  ["orders' progress", (db) => readProgress(db, [order.orderId]), "order_line_pkey"],
  [
    "an answer that was given",
    (db) => findStored(db, { owner, key: "key-7", route: "a", body: {} }),
    "idempotency_key_pkey",
  ],
  ["roles of a wallet", (db) => rolesOf({ db }, owner)],
  [
    "notices of a wallet",
    (db) =>
      listNotices(db, {
        wallet: `0x${"7".padStart(40, "0")}`,
        limit: 50,
        before: undefined,
        isUnread: false,
      }),
    "notice_wallet_id_idx",
  ],
  ["events with lines to mint", (db) => readWaiting(db), "mint_line_waiting_idx"],
  ["lines for a batch", (db) => chooseLines(db, event, new Set()), "mint_line_waiting_idx"],
  ["lines taken", (db) => claimLines(db, [line]), "mint_line_pkey"],
  ["lines that were bought", (db) => closeBought(db), "order_paid_order_id_idx"],
  ["strange mints", (db) => setAsideStrange(db), "ticket_pkey"],
  ["mints taken back", (db) => reopenMinted(db), "mint_line_minted_updated_at_idx"],
  ["orders to be closed", (db) => moveOrders(db), "order_unfulfilled_idx"],
  ["orders whose time is over", (db) => expireOrders({ db }), "order_claimed_expires_at_idx"],
  [
    "seats claimed for an order",
    (db) => claimPlaces(db, [{ event, ...order, ttlMs: 1, places: { seats: [seat], areas: [] } }]),
    "claim_pkey",
  ],
  [
    "places of an area claimed for an order",
    (db) => claimPlaces(db, [{ event, ...order, ttlMs: 1, places: { seats: [], areas: [area] } }]),
    "claim_ending_idx",
    "claim_pkey",
  ],
  [
    "payments that were left half way",
    (db) => sweepPayments({ ...errands, db }),
    "payment_open_updated_at_idx",
    "payment_owes_void_idx",
  ],
  ["refunds to be voided", (db) => moveLines({ db, log }), "refund_line_open_idx", "ticket_pkey"],
  [
    "refunds whose tickets are void",
    (db) => closeVoiding(db),
    "refund_open_idx",
    "refund_line_open_idx",
  ],
  ["refunds to be paid", (db) => payBackDue({ ...errands, db }), "refund_open_idx"],
  ["holders to be paid", (db) => findFunded(db), "refund_line_open_idx"],
  ["holders that were paid", (db) => closePaidHolders(db), "refund_line_open_idx"],
  ["seats of refunds to be freed", (db) => freeSeats(db), "refund_open_idx"],
  ["orders of cancelled events", (db) => askCancelled(db)],
  ["refunds of an order", (db) => readRefunds(db, order.orderId), "refund_order_id_idx"],
  [
    "webhooks that are due",
    (db) => sendDue({ ...errands, db, clock: systemClock }),
    "webhook_delivery_due_idx",
  ],
  [
    "lines that were minted",
    (db) => closeMinted(db),
    "mint_line_waiting_idx",
    "mint_line_attention_idx",
    "tx_bid_pkey",
  ],
  ["old keys", (db) => pruneKeys(db), "idempotency_key_created_at_idx"],
  ["old notices", (db) => pruneNotices(db), "notice_created_at_idx"],
  ["old sessions", (db) => pruneSessions(db), "session_expires_at_idx"],
];

describe("the plans of questions", function () {
  this.timeout(SUITE_LIMIT_MS);
  let database: TestDatabase;
  let db: Db;
  let large: Set<string>;
  before(async () => {
    database = await createDatabase();
    await seedBooks(database.url, TICKETS, { counted: false });
    await seedErrands(database.url);
    await seedHistories(database.url);
    const open = { url: database.url, log, connectionsMax: 2 };
    // As a worker plans: nothing is forbidden to it.
    db = await openDb({ ...open, role: "stagedoor_server" });
    const { rows } = await db.query<{ name: string }>({
      text: `SELECT relname AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
             WHERE nspname IN ('sale', 'mirror') AND relkind = 'r' AND reltuples > $1`,
      values: [LARGE_ROWS],
    });
    large = new Set(rows.map(({ name }) => name));
    expect([...large]).to.include.members(["ticket", "transfer", "order", "mint_line", "payment"]);
  });
  after(async () => {
    await db.close();
    await database.drop();
  });

  for (const [what, ask, ...indexes] of QUESTIONS) {
    it(`${what}: ${indexes.join(", ") || "no large table"}`, async () => {
      const plans = [...(await explain(db, ask)).values()];
      expect(plans).not.to.have.lengthOf(0);
      expect(plans.flatMap((plan) => plan.indexes)).to.include.members(indexes);
      const scanned = plans.flatMap((plan) => plan.scanned.filter((table) => large.has(table)));
      expect(scanned, "read whole").to.deep.equal([]);
    });
  }
});
