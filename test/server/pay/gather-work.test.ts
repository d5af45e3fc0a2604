// Work of many requests in one transaction: each has its own outcome, and none takes another along.
import { expect } from "chai";
import { Refusal } from "#server/domain/failure.ts";
import type { Sql } from "#server/platform/db/client.ts";
import { gatherWork, type Outcome } from "#server/platform/db/gather-work.ts";
import { onceEach } from "#server/platform/db/keyed.ts";
import { randomUuid } from "#server/platform/random.ts";
import { type House, openHouse } from "../../support/house.ts";

const SUITE_LIMIT_MS = 60_000;
/** More than two transactions take. */
const MANY = 100;
const SOON_MS = 1_500;
const STUCK_MS = 200;

interface Item {
  key: string;
  /** Divides by zero once it has written. */
  fails?: boolean;
  refuses?: boolean;
  wants?: string;
}

describe("gathered work", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  /** Writes a row for each item, and says with how many others it was. */
  async function write(sql: Sql, items: readonly Item[]): Promise<Outcome<number>[]> {
    const written = sql.query({
      text: `INSERT INTO sale.idempotency_key (owner, key, route, body_hash)
             SELECT 'gather', key, 'test', '' FROM unnest($1::text[]) AS key`,
      values: [items.filter(({ refuses }) => refuses !== true).map(({ key }) => key)],
    });
    const failed = items.some(({ fails }) => fails === true)
      ? sql.query({ text: "SELECT 1 / 0" })
      : undefined;
    await Promise.all([written, failed]);
    return items.map(({ refuses }) =>
      refuses === true
        ? { refused: new Refusal("request/not-found", "No.") }
        : { done: items.length },
    );
  }
  const wants = ({ key, wants: word }: Item) => [word ?? key];
  const keys = (count: number) => Array.from({ length: count }, () => randomUuid());
  const rowsOf = async (those: readonly string[]) =>
    (
      await house.db.query<{ key: string }>({
        text: "SELECT key FROM sale.idempotency_key WHERE owner = 'gather' AND key = ANY($1)",
        values: [those],
      })
    ).rows.map(({ key }) => key);

  it("of one turn is one transaction, as far as it has room", async () => {
    const work = gatherWork(house.db, { run: write, wants });
    const those = keys(MANY);
    const together = await Promise.all(those.map((key) => work({ key })));
    expect(Math.max(...together)).to.equal(64);
    expect(together.reduce((sum, each) => sum + 1 / each, 0)).to.be.closeTo(2, 0.01);
    expect(await rowsOf(those)).to.have.members(those);
  });

  it("is done alone when nobody else wants anything", async () => {
    const work = gatherWork(house.db, { run: write, wants });
    for (const key of keys(3)) expect(await work({ key })).to.equal(1);
  });

  it("of one that fails leaves nothing of that one, and all of the others", async () => {
    const work = gatherWork(house.db, { run: write, wants });
    const those = keys(MANY);
    const bad = new Set([0, 5, 40, 99].map((at) => those[at]));
    const ended = await Promise.allSettled(those.map((key) => work({ key, fails: bad.has(key) })));
    const failed = those.filter((_, at) => ended[at]?.status === "rejected");
    expect(new Set(failed)).to.deep.equal(bad);
    expect(await rowsOf(those)).to.have.members(those.filter((key) => !bad.has(key)));
  });

  it("of one that is refused keeps the transaction of the others", async () => {
    const work = gatherWork(house.db, { run: write, wants });
    const those = keys(10);
    const ended = await Promise.allSettled(
      those.map((key, at) => work({ key, refuses: at === 3 })),
    );
    expect(ended.map(({ status }) => status).indexOf("rejected")).to.equal(3);
    const sizes = ended.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(sizes).to.deep.equal(Array(9).fill(10));
    expect(await rowsOf(those)).to.have.members(those.filter((_, at) => at !== 3));
  });

  it("that wants the same is never under way at once", async () => {
    let underWay = 0;
    let most = 0;
    const run = async (sql: Sql, items: readonly Item[]) => {
      underWay += items.length;
      most = Math.max(most, underWay);
      await sql.query({ text: "SELECT pg_sleep(0.01)" });
      underWay -= items.length;
      return items.map(() => ({ done: 1 }));
    };
    const work = gatherWork(house.db, { run, wants });
    await Promise.all(keys(10).map((key) => work({ key, wants: "the same" })));
    expect(most).to.equal(1);
  });

  it("that waits for a lock keeps nobody else waiting", async () => {
    const lock = (sql: Sql, key: string) =>
      sql.query({ text: "SELECT pg_advisory_xact_lock(hashtext($1))", values: [key] });
    const run = async (sql: Sql, items: readonly Item[]) => {
      for (const { key } of items) await lock(sql, key);
      return items.map(() => ({ done: 1 }));
    };
    const work = gatherWork(house.db, { run, wants });
    const [stuck, free] = keys(2) as [string, string];
    await house.db.transaction(async (sql) => {
      await lock(sql, stuck);
      const waits = work({ key: stuck }).catch((error: Error) => error);
      // Later than what was looked at when the other one was slow already.
      await new Promise((resolve) => setTimeout(resolve, STUCK_MS));
      const late = new Promise((resolve) => setTimeout(() => resolve("late"), SOON_MS));
      expect(await Promise.race([work({ key: free }), late])).to.equal(1);
      void waits;
    });
  });

  it("with one key twice is done once, and both have the one answer", async () => {
    let made = 0;
    const run = (sql: Sql, items: readonly Item[]) =>
      onceEach(
        sql,
        items.map(({ key }) => ({ owner: "gather", key, route: "test", body: {} })),
        async (fresh) =>
          fresh.map(() => {
            made += 1;
            return { done: made };
          }),
      );
    const work = gatherWork(house.db, { run, wants });
    const [key] = keys(1) as [string];
    const answers = await Promise.all([work({ key }), work({ key }), work({ key })]);
    expect(answers).to.deep.equal([1, 1, 1]);
    const other = { owner: "gather", key, route: "another", body: {} };
    const [outcome] = await house.db.transaction((sql) => onceEach(sql, [other], async () => []));
    expect(outcome).to.have.nested.property("refused.code", "request/key-reused");
  });
});
