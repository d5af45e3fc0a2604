// Found: each page of an event's sales read and sorted all of them, the last of a season as well as the first.
import { expect } from "chai";
import { SaleListQuery } from "#server/api/lookup.ts";
import { listSales } from "#server/lookup/read-event-money.ts";
import { type Db, openDb, type Sql } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { rowsRead } from "../support/rows-read.ts";
import { seedBooks } from "../support/seed-books.ts";

const SALES = 3_000;
const PER_BLOCK = 7;
const PAGE = 50;
/** As seed-books has it. */
const EVENT = { deployment: 1, eventId: 7 };
const TICKETS = 10;

describe("an event whose tickets were sold on often", () => {
  let database: TestDatabase;
  let db: Db;
  before(async () => {
    database = await createDatabase();
    await seedBooks(database.url, TICKETS, { counted: false });
    const log = createLog({ name: "test", level: "silent" });
    const open = { url: database.url, log, connectionsMax: 2, readsByIndex: true };
    db = await openDb({ ...open, role: "owner", schema: "mirror" });
    const wallet = `'0x' || repeat('ab', 20)`;
    await db.query({
      text: `INSERT INTO sale (deployment, ticket_id, event_id, seller, buyer, price, royalty, fee,
               tx_hash, mined_at, block_number, block_hash, log_index)
             SELECT 1, n, CASE WHEN n % 3 = 0 THEN 8 ELSE 7 END, ${wallet}, ${wallet}, n, 0, 0,
               '0x', now(), n / ${PER_BLOCK}, '0x', n % ${PER_BLOCK}
             FROM generate_series(1, ${SALES}) AS n`,
    });
    await db.query({ text: "ANALYZE" });
  });
  after(async () => {
    await db.close();
    await database.drop();
  });

  const pageAfter = (sql: Sql, next: string | null) => {
    const { cursor: before } = SaleListQuery.parse(next === null ? {} : { cursor: next });
    return listSales(sql, EVENT, { limit: PAGE, before });
  };

  it("tells each of them once, the newest first", async () => {
    const prices: number[] = [];
    let next: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listSales>> = await pageAfter(db, next);
      prices.push(...page.sales.map(({ price }) => Number(price)));
      next = page.next;
    } while (next !== null);
    const expected = Array.from({ length: SALES }, (_, at) => SALES - at).filter((n) => n % 3 > 0);
    expect(prices).to.deep.equal(expected);
  });

  it("reads a page of them for a page", async () => {
    const { next } = await pageAfter(db, null);
    const read = await rowsRead(db, "sale", (sql) => pageAfter(sql, next));
    expect(read).to.equal(PAGE + 1);
  });
});
