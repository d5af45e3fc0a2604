// COPY in the line of statements: rows as they were given, in their order, and a refusal that leaves nothing behind.
import { expect } from "chai";
import { Bug } from "#server/domain/failure.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";

const log = createLog({ name: "test", level: "silent" });
const TEXT = "COPY thing FROM STDIN";
/** More than one message of the protocol. */
const MANY = 120_000;

describe("COPY among other statements", () => {
  let database: TestDatabase;
  let db: Db;
  before(async () => {
    database = await createDatabase({ migrated: true });
    db = await openDb({ url: database.url, role: "owner", log, connectionsMax: 1 });
    await db.query({ text: "CREATE TABLE thing (id integer PRIMARY KEY, name text)" });
  });
  afterEach(() => db.query({ text: "TRUNCATE thing" }));
  after(async () => {
    await db?.close();
    await database?.drop();
  });

  const count = async () => {
    const { rows } = await db.query<{ n: bigint }>({ text: "SELECT count(*) AS n FROM thing" });
    return rows[0]?.n;
  };

  it("keeps its place between the statements before and after it", async () => {
    await db.transaction(async (sql) => {
      const answers = await Promise.all([
        sql.query({ name: "before", text: "SELECT count(*) AS n FROM thing" }),
        sql.copy({ text: TEXT, rows: ["1\tone\n2\ttwo\n"] }),
        sql.query({ name: "after", text: "SELECT name FROM thing WHERE id = $1", values: [2] }),
        sql.copy({ text: TEXT, rows: ["3\t\\N\n"] }),
        sql.query({ text: "SELECT count(*) AS n FROM thing" }),
      ]);
      expect(answers.map((answer) => answer?.rows)).to.deep.equal([
        [{ n: 0n }],
        undefined,
        [{ name: "two" }],
        undefined,
        [{ n: 3n }],
      ]);
    });
    expect(await count()).to.equal(3n);
  });

  it("sends as much as there is, whatever bytes a character has", async () => {
    const name = "ä🎟".repeat(3);
    const rows = Array.from({ length: MANY }, (_, id) => `${id}\t${name}\n`);
    // In one part that is larger than a message, and in many small ones.
    const [half, rest] = [rows.slice(0, MANY / 2), rows.slice(MANY / 2)];
    await db.transaction((sql) => sql.copy({ text: TEXT, rows: [half.join(""), ...rest] }));
    const text = "SELECT count(*) AS n FROM thing WHERE name = $1";
    expect((await db.query({ text, values: [name] })).rows).to.deep.equal([{ n: BigInt(MANY) }]);
  });

  for (const [what, statement] of [
    ["a row that is there", { text: TEXT, rows: ["7\tnew\n", "1\tagain\n"] }],
    ["a table that is not there", { text: "COPY nothing FROM STDIN", rows: ["1\tone\n"] }],
    ["a row that is none", { text: TEXT, rows: ["x\ty\tz\n"] }],
  ] as const) {
    it(`is refused for ${what}, with all of its transaction, and the connection goes on`, async () => {
      await db.query({ text: "INSERT INTO thing VALUES (1, 'one')" });
      const after: unknown[] = [];
      const refused = await db
        .transaction(async (sql) => {
          await sql.query({ text: "INSERT INTO thing VALUES (2, 'two')" });
          const copied = sql.copy(statement);
          const next = sql.query({ text: "SELECT 1" }).catch((error: unknown) => after.push(error));
          await Promise.all([copied, next]);
        })
        .catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(Error);
      expect(after).to.have.length(1);
      expect(await count()).to.equal(1n);
    });
  }

  it("lets nothing be sent after the transaction failed", async () => {
    const { promise: failed, resolve: tell } = Promise.withResolvers<void>();
    let late: Promise<unknown> = Promise.resolve();
    const outcome = await db
      .transaction(async (sql) => {
        const slow = failed.then(() => sql.copy({ text: TEXT, rows: ["9\tlate\n"] }));
        late = slow.catch((error: unknown) => error);
        await Promise.all([sql.query({ text: "SELECT 1 / 0" }), slow]);
      })
      .catch((error: unknown) => error);
    tell();
    expect(outcome).to.be.instanceOf(Error);
    expect(await late).to.be.instanceOf(Bug);
    expect(await count()).to.equal(0n);
  });
});
