// Quick statements of one turn share a connection and a write, and nothing else: each has its own answer.
import { expect } from "chai";
import { Fault } from "#server/domain/failure.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";

const BATCH = 16;
/** As server/platform/db/client.ts has it. */
const LOCK_TIMEOUT_MS = 3_000;
const PID = "SELECT pg_backend_pid() AS pid, $1::int AS n";

describe("quick statements", () => {
  let database: TestDatabase;
  let db: Db;
  before(async () => {
    database = await createDatabase();
    const log = createLog({ name: "test", level: "silent" });
    db = await openDb({ url: database.url, role: "owner", log, connectionsMax: 3 });
  });
  after(async () => {
    await db.close();
    await database.drop();
  });

  const ask = (n: unknown, text = PID) =>
    db
      .query<{ pid: number; n: number }>({ text, values: [n], quick: true })
      .then(({ rows }) => rows[0]);

  it("go over one connection, answered in their order, a few at a time", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => ask(at)));
    expect(answers.map((answer) => answer?.n)).to.deep.equal(answers.map((_, at) => at));
    const pids = answers.map((answer) => answer?.pid);
    expect(new Set(pids.slice(0, 16)).size).to.equal(1);
    expect(new Set(pids.slice(16)).size).to.equal(1);
  });

  it("fail alone", async () => {
    const failing = "SELECT 1 / $1::int AS n";
    const outcomes = await Promise.allSettled([ask(1), ask(0, failing), ask("x"), ask(2)]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal([
      ...["fulfilled", "rejected", "rejected", "fulfilled"],
    ]);
    expect(await ask(3)).to.include({ n: 3 });
  });

  it("wait together for a table that is locked, and not one after the other", async () => {
    await db.query({ text: "CREATE TABLE locked AS SELECT 1 AS n" });
    const before = [ask(1), ask(2)];
    await db.transaction(async (sql) => {
      await sql.query({ text: "LOCK TABLE locked" });
      const startMs = systemClock.monotonicMs();
      const read = "SELECT n, $1::int FROM locked";
      const many = Array.from({ length: BATCH }, (_, at) => ask(at, at === 0 ? PID : read));
      const [first, ...rest] = await Promise.allSettled(many);
      const tookMs = systemClock.monotonicMs() - startMs;
      expect(first?.status).to.equal("fulfilled");
      for (const outcome of rest) {
        expect(outcome.status === "rejected" && outcome.reason).to.be.instanceOf(Fault);
      }
      process.stdout.write(`      ${BATCH} answered after ${Math.round(tookMs)} ms\n`);
      expect(tookMs).to.be.below(2 * LOCK_TIMEOUT_MS);
    });
    await Promise.all(before);
    expect(await ask(3, "SELECT n + $1::int AS n FROM locked")).to.include({ n: 4 });
  });

  it("are refused together when their connection breaks, and the next have another", async () => {
    const die = "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep($1::int)";
    const outcomes = await Promise.allSettled([ask(5, die), ask(1), ask(2)]);
    for (const outcome of outcomes) {
      expect(outcome.status === "rejected" && outcome.reason).to.be.instanceOf(Fault);
    }
    expect(await ask(3)).to.include({ n: 3 });
    // None is kept back: as many as there are can be had at once.
    const all = await Promise.all([1, 2, 3].map((n) => db.query({ text: `SELECT ${n}` })));
    expect(all).to.have.lengthOf(3);
  });
});
