// Reconciling: every planted difference is found by its rule, a real house has none, and repairs are safe.
import { expect } from "chai";
import { findDifferences } from "#server/pay/reconcile/find-differences.ts";
import { lookAtProvider } from "#server/pay/reconcile/look-at-provider.ts";
import { RULES } from "#server/pay/reconcile/rules.ts";
import { sweepBooks } from "#server/pay/reconcile/sweep-books.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { buy, buyAndMint, order as makeOrder, stalls } from "../../support/buy.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { openHouse } from "../../support/house.ts";
import { askBack, openRefunder, workOff } from "../../support/refund-work.ts";
import { seedBooks } from "../../support/seed-books.ts";

const TICKETS = 200;
const ORDER = `'ord_' || lpad('1', 26, '0')`;
const OF_ORDER = `order_id = ${ORDER}`;
const log = createLog({ name: "test", level: "silent" });

/** What is done to agreeing books, and which rule must see it. */
const PLANTED: Record<string, string> = {
  "ledger-unbalanced": `ALTER TABLE sale.ledger_entry DISABLE TRIGGER ALL;
    UPDATE sale.ledger_entry SET amount = -1 WHERE ${OF_ORDER} AND account LIKE 'event:%'`,
  "money-not-booked": `DELETE FROM sale.ledger_entry WHERE ${OF_ORDER}`,
  "order-not-paid": `UPDATE sale.order SET total = 9601 WHERE id = ${ORDER}`,
  "captured-without-order": `UPDATE sale.order SET state = 'expired' WHERE id = ${ORDER}`,
  "payment-open": `UPDATE sale.payment SET state = 'authorised',
      created_at = now() - interval '2 hours' WHERE ${OF_ORDER}`,
  "refund-refused": `INSERT INTO sale.refund
      (id, deployment, event_id, order_id, cause, reason, asked_by, currency, state, amount)
    VALUES ('rfd_1', 1, 7, ${ORDER}, 'asked', '', '', 'EUR', 'attention', 1)`,
  "refund-open": `INSERT INTO sale.refund
      (id, deployment, event_id, order_id, cause, reason, asked_by, currency)
    VALUES ('rfd_1', 1, 7, ${ORDER}, 'asked', '', '', 'EUR');
    INSERT INTO sale.refund_line (order_id, seat, refund_id, deployment, event_id, ticket_id, amount)
    SELECT order_id, seat, 'rfd_1', 1, 7, ticket_id, 4800 FROM sale.order_line WHERE ${OF_ORDER}`,
  "sold-seat-not-claimed": `DELETE FROM sale.claim WHERE ${OF_ORDER}`,
  "seat-kept-for-nobody": `UPDATE sale.claim SET order_id = 'ord_gone' WHERE ${OF_ORDER}`,
  "ticket-not-owed": `DELETE FROM sale.mint_line WHERE ${OF_ORDER}`,
  "bought-not-booked": `INSERT INTO mirror.order_paid
      (deployment, order_id, event_id, payer, amount, tx_hash, mined_at, block_number, block_hash,
       log_index)
    VALUES (1, '0x01', 7, '0x', 1, '0x', now(), 1, '0x', 1)`,
  "booked-not-bought": `INSERT INTO sale.voucher
      (payment_id, order_id, deployment, order_key, box_office, token, amount, class, unit_price,
       deadline, payer, runs, signer, signature, created_at)
    SELECT id, order_id, 1, '0x01', '0x', '0x', 1, 0, 1, 1, '0x' || repeat('0', 40), '0x', '0x',
           '0x', now() - interval '3 hours' FROM sale.payment WHERE ${OF_ORDER}`,
  "mint-of-nothing": `UPDATE sale.order SET state = 'expired' WHERE id = ${ORDER}`,
  "mint-open": `UPDATE sale.mint_line SET state = 'attention', reason = 'x' WHERE ${OF_ORDER}`,
  "mint-not-on-chain": `UPDATE sale.mint_line SET updated_at = now() - interval '1 day';
    DELETE FROM mirror.ticket WHERE ticket_id = (SELECT max(ticket_id) FROM mirror.ticket)`,
  "ticket-of-nobody": `DELETE FROM sale.mint_line WHERE ${OF_ORDER}`,
  "ticket-differs": `UPDATE sale.mint_line SET unit_price = 1 WHERE ${OF_ORDER}`,
  "paid-back-and-valid": `INSERT INTO sale.refund
      (id, deployment, event_id, order_id, cause, reason, asked_by, currency, state, amount)
    VALUES ('rfd_1', 1, 7, ${ORDER}, 'asked', '', '', 'EUR', 'done', 9600);
    INSERT INTO sale.refund_line
      (order_id, seat, refund_id, deployment, event_id, ticket_id, amount, state, pays)
    SELECT order_id, seat, 'rfd_1', 1, 7, ticket_id, 4800, 'freed', 'payer'
    FROM sale.order_line WHERE ${OF_ORDER}`,
  "void-and-not-paid-back": `UPDATE mirror.ticket SET void = true
    WHERE ticket_id = (SELECT max(ticket_id) FROM mirror.ticket)`,
  "seat-sold-twice": `INSERT INTO mirror.ticket (deployment, ticket_id, event_id, owner, class, face, nonce, gifts, used, void, funded, card, resold, refunded,
      mint_tx, mint_block, minted_at, block_number, block_hash, log_index)
    SELECT deployment, ticket_id | (1::bigint << 36), event_id, owner, class, face, nonce, gifts, used, void, funded, card, resold, refunded,
      mint_tx, mint_block, minted_at, block_number, block_hash, log_index
    FROM mirror.ticket LIMIT 1`,
  "admitted-and-paid-back": `INSERT INTO sale.refund
      (id, deployment, event_id, order_id, cause, reason, asked_by, currency, state, amount)
    VALUES ('rfd_1', 1, 7, ${ORDER}, 'asked', '', '', 'EUR', 'done', 9600);
    INSERT INTO sale.refund_line
      (order_id, seat, refund_id, deployment, event_id, ticket_id, amount, state, pays)
    SELECT order_id, seat, 'rfd_1', 1, 7, ticket_id, 4800, 'freed', 'payer'
    FROM sale.order_line WHERE ${OF_ORDER};
    INSERT INTO sale.admission (deployment, ticket_id, entry, scan_id, gate)
    SELECT 1, ticket_id, 1, gen_random_uuid(), 'door' FROM sale.order_line WHERE ${OF_ORDER}`,
};
/** Shown, and no reason to wake anybody. */
const UNDER_WAY = new Set(["refund-open"]);

describe("reconcile", function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let owner: Db;
  let server: Db;
  beforeEach(async () => {
    database = await createDatabase();
    await seedBooks(database.url, TICKETS);
    const open = { url: database.url, log, connectionsMax: 2 };
    owner = await openDb({ ...open, role: "owner" });
    server = await openDb({ ...open, role: "stagedoor_server" });
  });
  afterEach(async () => {
    await owner.close();
    await server.close();
    await database.drop();
  });

  const plant = async (texts: string) => {
    for (const text of texts.split(";")) await owner.query({ text });
  };

  it("has a planted difference for every rule", () => {
    expect(Object.keys(PLANTED).sort()).to.deep.equal(RULES.map(({ name }) => name).sort());
  });

  it("finds nothing in books that agree", async () => {
    expect(await findDifferences(server)).to.deep.equal({
      differences: [],
      more: 0,
      tickets: TICKETS,
    });
  });

  for (const { name } of RULES) {
    it(`finds ${name}`, async () => {
      await plant(PLANTED[name] ?? "");
      const { differences } = await findDifferences(server);
      const found = differences.filter(({ rule }) => rule === name);
      expect(found.length).to.be.greaterThan(0);
      expect(found.every(({ explained }) => explained)).to.equal(UNDER_WAY.has(name));
    });
  }

  it("repairs what only gives an order its own, and keeps the rest as incidents until it is gone", async () => {
    const metrics = createMetrics("test");
    await plant(`DELETE FROM mirror.ticket WHERE ticket_id IN (
                   SELECT ticket_id FROM sale.order_line WHERE ${OF_ORDER});
                 DELETE FROM sale.mint_line WHERE ${OF_ORDER};
                 UPDATE sale.claim SET expires_at = now() - interval '1 s' WHERE ${OF_ORDER};
                 UPDATE sale.order SET total = 9601 WHERE id = 'ord_' || lpad('2', 26, '0')`);
    const open = () =>
      owner.query<{ rule: string }>({
        text: "SELECT rule FROM sale.incident WHERE ended_at IS NULL",
      });
    await sweepBooks({ db: server, log, metrics });
    // A claim that ended is repaired first; then its ticket is owed again.
    expect(await sweepBooks({ db: server, log, metrics })).to.equal(1);
    expect((await open()).rows).to.deep.equal([{ rule: "order-not-paid" }]);
    const { rows } = await owner.query<{ state: string }>({
      text: `SELECT state FROM sale.mint_line WHERE ${OF_ORDER}`,
    });
    expect(rows).to.deep.equal([{ state: "queued" }, { state: "queued" }]);
    await plant("UPDATE sale.order SET total = 9600");
    expect(await sweepBooks({ db: server, log, metrics })).to.equal(0);
    expect((await open()).rows).to.deep.equal([]);
  });
});

describe("reconcile of a real house", () => {
  it("explains everything, whatever is under way", async () => {
    const house = await openHouse();
    const staff = await house.organiser();
    const fan = await house.fan();
    const minted = await buyAndMint(house, fan, stalls(1, 1, 2));
    await buy(house, await house.fan(), stalls(1, 3));
    await makeOrder(house, await house.fan(), stalls(1, 4));
    const back = await buyAndMint(house, await house.fan(), stalls(2, 1, 2));
    const unexplained = async () => {
      const look = await lookAtProvider(house, 2);
      const { differences } = await findDifferences(house.db, look);
      return differences.filter(({ explained }) => !explained);
    };
    expect(await unexplained()).to.deep.equal([]);
    const ids = back.lines.map(({ ticketId }) => ticketId);
    await askBack(staff, back, ids.slice(0, 1));
    const refunder = openRefunder(house);
    await refunder.refundDue();
    expect(await unexplained()).to.deep.equal([]);
    await workOff(house, refunder);
    expect(await unexplained()).to.deep.equal([]);
    await buyAndMint(house, await house.fan(), stalls(2, 1));
    expect(await unexplained()).to.deep.equal([]);
    expect(minted.state).to.equal("fulfilled");
    await house.close();
  }).timeout(60_000);
});
