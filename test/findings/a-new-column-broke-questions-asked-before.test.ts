// Found: servers that go on during an update asked again what they had asked before, and a new column made it an error.
import { expect } from "chai";
import { Refusal } from "#server/domain/failure.ts";
import { findPaidOrder } from "#server/lookup/find.ts";
import { listCheckIns } from "#server/lookup/list-check-ins.ts";
import { listPayouts } from "#server/lookup/list-payouts.ts";
import { readEscrow } from "#server/lookup/read-escrow.ts";
import { listSales } from "#server/lookup/read-event-money.ts";
import { listNotices } from "#server/notify/list-notices.ts";
import { beginPayment } from "#server/pay/begin-payment.ts";
import { readOrder } from "#server/pay/read-order.ts";
import { findVoucher } from "#server/pay/voucher/voucher-row.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { seedBooks } from "../support/seed-books.ts";

const SUITE_LIMIT_MS = 30_000;
const ORDERS = 200;

const event = { deployment: 1, eventId: 7 };
const page = { limit: 50, before: undefined };
const orderId = `ord_${"20".padStart(26, "0")}`;
const buyer = `0x${(20).toString(16).padStart(40, "0")}`;

const QUESTIONS: Record<string, (db: Db) => Promise<unknown>> = {
  "an order": (db) => readOrder(db, { orderId, buyer }),
  "a payment that is begun": (db) => beginPayment(db, { orderId, buyer, provider: "stripe" }),
  "a voucher": (db) => findVoucher(db, orderId),
  "notices of a wallet": (db) =>
    listNotices(db, { wallet: buyer, limit: 50, before: undefined, isUnread: false }),
  "check-ins of an event": (db) => listCheckIns(db, event, { limit: 50, after: undefined }),
  "its sales": (db) => listSales(db, event, page),
  "its payouts": (db) => listPayouts(db, event, page),
  "its escrow": (db) => readEscrow(db, event, page),
  "an order paid on chain": (db) => findPaidOrder(db, orderId),
};

describe("a column that an update adds", function () {
  this.timeout(SUITE_LIMIT_MS);
  let database: TestDatabase;
  let owner: Db;
  let db: Db;
  before(async () => {
    database = await createDatabase();
    await seedBooks(database.url, ORDERS, { counted: false });
    const open = { url: database.url, log: createLog({ name: "test", level: "silent" }) };
    owner = await openDb({ ...open, role: "owner", connectionsMax: 1 });
    // One connection, so that each question meets what it has prepared.
    db = await openDb({ ...open, role: "stagedoor_server", connectionsMax: 1 });
  });
  after(async () => {
    await db?.close();
    await owner?.close();
    await database?.drop();
  });

  /** What it answers is not the question here; that it does is. */
  async function answered(ask: (db: Db) => Promise<unknown>): Promise<void> {
    await ask(db).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
  }

  /** In one statement, as a migration does it; each has a name of its own. */
  async function addColumn(name: string): Promise<void> {
    const { rows } = await owner.query<{ text: string }>({
      text: `SELECT string_agg(format('ALTER TABLE %I.%I ADD COLUMN %I integer',
               schemaname, tablename, $1::text), ';') AS text
             FROM pg_tables WHERE schemaname IN ('sale', 'mirror')`,
      values: [name],
    });
    await owner.query({ text: rows[0]?.text ?? "" });
  }

  for (const [what, ask] of Object.entries(QUESTIONS)) {
    it(`changes no answer: ${what}`, async () => {
      await answered(ask);
      await addColumn(`of ${what}`);
      const failure = await answered(ask).catch((error: unknown) => error);
      expect(failure).to.equal(undefined);
    });
  }
});
