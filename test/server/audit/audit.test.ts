// The audit log: in one chain, in the act's own transaction, and every change of a row is found (I13).
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { Client } from "pg";
import { appendAudit } from "#server/audit/append.ts";
import { GENESIS } from "#server/audit/entry.ts";
import { verifyAudit } from "#server/audit/verify.ts";
import { canonicalJson } from "#server/domain/canonical-json.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";

const ROWS = 12;
const ROWS_PER_READ = 5;

describe("the audit log", () => {
  let database: TestDatabase;
  let db: Db;
  /** The database's owner, who may do what the server may not. */
  let owner: Client;
  before(async () => {
    database = await createDatabase();
    const log = createLog({ name: "test", level: "silent" });
    db = await openDb({ url: database.url, role: "stagedoor_server", log, connectionsMax: 10 });
    owner = new Client({ connectionString: database.url });
    await owner.connect();
  });
  after(async () => {
    await owner.end();
    await db.close();
    await database.drop();
  });

  beforeEach(async () => {
    await owner.query("TRUNCATE sale.audit");
    for (let n = 1; n <= ROWS; n += 1) await append(n);
  });

  const append = (n: number, actor = `0x${"a".repeat(40)}`) =>
    db.transaction((sql) =>
      appendAudit(
        sql,
        { clock: systemClock },
        {
          ...{ actor, act: "test.done", subject: `evt_1_${n}` },
          details: { n, text: 'Zoë "Q"\n\u2028', deep: { b: [1, null, true], a: "x" } },
        },
      ),
    );

  const verify = () => verifyAudit(db, { rowsPerRead: ROWS_PER_READ });

  it("is whole as it is written, and its head moves with every row", async () => {
    const before = await verify();
    expect(before).to.include({ rows: BigInt(ROWS), broken: undefined });
    await append(ROWS + 1);
    const after = await verify();
    expect(after.rows).to.equal(BigInt(ROWS + 1));
    expect(after.head)
      .to.match(/^[0-9a-f]{64}$/)
      .and.not.equal(before.head);
  });

  it("is empty at first, and whole so", async () => {
    await owner.query("TRUNCATE sale.audit");
    expect(await verify()).to.include({ rows: 0n, head: GENESIS, broken: undefined });
  });

  it("stays one chain when many write at once", async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => append(100 + n, `writer ${n}`)));
    expect(await verify()).to.include({ rows: BigInt(ROWS + 40), broken: undefined });
  });

  it("has no gap where a transaction was taken back", async () => {
    const given = { actor: "a", act: "b", subject: "c", details: {} };
    const outcome = db.transaction(async (sql) => {
      await appendAudit(sql, { clock: systemClock }, given);
      throw new Error("taken back");
    });
    expect(await outcome.catch((error: Error) => error.message)).to.equal("taken back");
    await append(ROWS + 1);
    expect(await verify()).to.include({ rows: BigInt(ROWS + 1), broken: undefined });
  });

  const edits: [what: string, sql: string, id: bigint][] = [
    ["another actor", "UPDATE sale.audit SET actor = 'x' WHERE id = 7", 7n],
    ["another act", "UPDATE sale.audit SET act = 'x' WHERE id = 1", 1n],
    ["another subject", "UPDATE sale.audit SET subject = 'x' WHERE id = 5", 5n],
    ["another time", "UPDATE sale.audit SET at = at + interval '1 ms' WHERE id = 6", 6n],
    ["other details", "UPDATE sale.audit SET details = details || '{\"n\": 0}' WHERE id = 12", 12n],
    ["a detail less", "UPDATE sale.audit SET details = details - 'deep' WHERE id = 3", 3n],
    ["another hash", "UPDATE sale.audit SET hash = repeat('0', 64) WHERE id = 4", 4n],
    ["another row before", "UPDATE sale.audit SET previous = repeat('0', 64) WHERE id = 4", 4n],
    ["a row less at the start", "DELETE FROM sale.audit WHERE id = 1", 1n],
    ["a row less in the middle", "DELETE FROM sale.audit WHERE id = 6", 6n],
    [
      "two rows that changed places",
      `UPDATE sale.audit SET (actor, act, subject, at, details, previous, hash) =
         (SELECT actor, act, subject, at, details, previous, hash
          FROM sale.audit o WHERE o.id = 17 - sale.audit.id) WHERE id IN (8, 9)`,
      8n,
    ],
    [
      "a row put in between",
      `UPDATE sale.audit SET id = id + 100 WHERE id > 5;
       UPDATE sale.audit SET id = id - 99 WHERE id > 100;
       INSERT INTO sale.audit SELECT 6, at, actor, act, subject, details, previous, hash
       FROM sale.audit WHERE id = 5`,
      6n,
    ],
  ];
  for (const [what, sql, id] of edits) {
    it(`shows ${what}, and where`, async () => {
      await owner.query(sql);
      const { broken, rows } = await verify();
      expect(broken?.id).to.equal(id);
      expect(broken?.why).to.be.a("string");
      expect(rows).to.equal(id - 1n);
    });
  }

  it("shows by a hash that was kept elsewhere that its end was cut off", async () => {
    const { head: kept } = await verify();
    await append(ROWS + 1);
    expect(await verifyAudit(db, { kept })).to.include({ holdsKept: true, broken: undefined });
    await owner.query(`DELETE FROM sale.audit WHERE id >= ${ROWS}`);
    const cut = await verifyAudit(db, { kept });
    expect(cut).to.include({ rows: BigInt(ROWS - 1), holdsKept: false, broken: undefined });
  });

  it("is verified by a command that says so in a sentence and by its exit code", async () => {
    const { head } = await verify();
    const whole = run();
    expect(whole.stdout).to.equal(`${ROWS} rows are whole. The last hash: ${head}\n`);
    expect(whole.status).to.equal(0);
    expect(run("--kept", head).status).to.equal(0);

    const other = run("--kept", "ab".repeat(32), "--json");
    expect(JSON.parse(other.stdout)).to.include({ whole: false, rows: ROWS, holdsKept: false });
    expect(other.status).to.equal(1);
    await owner.query("UPDATE sale.audit SET actor = 'x' WHERE id = 7");
    const broken = run();
    expect(broken.stdout).to.match(/^Row 7 is broken: its hash .+\.\n$/);
    expect(broken.status).to.equal(1);
    const unasked = run("--kept", "yesterday");
    expect(unasked.stderr).to.match(/^--kept is no hash\..*\n$/);
    expect(unasked.status).to.equal(2);
  });

  function run(...args: string[]) {
    const script = join(import.meta.dirname, "../../../scripts/verify-log.ts");
    return spawnSync(process.execPath, [script, ...args], {
      env: { PATH: process.env.PATH, DATABASE_URL: database.url },
      encoding: "utf8",
      timeout: 20_000,
    });
  }
});

describe("canonicalJson", () => {
  it("writes equal values in one way, whatever their order", () => {
    expect(canonicalJson({ b: [1, { d: null, c: true }], a: "é\u20ac" })).to.equal(
      '{"a":"é€","b":[1,{"c":true,"d":null}]}',
    );
  });

  it("orders names by UTF-16 code units, as RFC 8785 does in its own example", () => {
    const names = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const text = canonicalJson(Object.fromEntries(names.map((name) => [name, 0])));
    expect(Object.keys(JSON.parse(text) as object)).to.deep.equal([
      ...["1", "\r", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"],
    ]);
  });

  it("takes no number that JSON could write in two ways", () => {
    for (const number of [0.1, 1e21, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => canonicalJson({ number })).to.throw("safe integer");
    }
  });
});
