// Found: a connection that Postgres ended inside a transaction was an uncaught error; API and worker died of it.
import { expect } from "chai";
import { Client } from "pg";
import { Fault } from "#server/domain/failure.ts";
import { systemClock } from "#server/platform/clock.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { asDbFault } from "#server/platform/db/failure.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

const TRANSACTIONS = 40;
const CONNECTIONS_MAX = 8;
const ROUNDS = 5;
const ROUNDS_MAX = 40;
const READS_MAX = 20_000;
const KILLS_MAX = 1_000;
const WORK_MS = 60;
const KILL_EVERY_MS = 40;

describe("connections that break inside transactions", () => {
  let database: TestDatabase;
  let db: Db;
  let admin: Client;
  before(async () => {
    database = await createDatabase();
    const log = createLog({ name: "test", level: "silent" });
    const role = "stagedoor_server";
    db = await openDb({ url: database.url, role, log, connectionsMax: CONNECTIONS_MAX });
    admin = new Client({ connectionString: database.url, application_name: "killer" });
    await admin.connect();
  });
  after(async () => {
    await admin.end();
    await db.close();
    await database.drop();
  });

  const killAll = () =>
    admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'stagedoor_server'`,
    );

  /** Some sleep in Postgres, some only here: the connection breaks with and without a query. */
  const transaction = (at: number) =>
    db.transaction(async (sql) => {
      await sql.query({ text: "SELECT 1" });
      if (at % 2 === 0) await sql.query({ text: "SELECT pg_sleep(0.06)" });
      else await systemClock.sleep(WORK_MS);
      await sql.query({ text: "SELECT 2" });
      return "done";
    });

  it("are faults and nothing more, and the pool goes on", async () => {
    let faults = 0;
    // As many rounds as it takes for a kill to hit: on a busy machine the first may come too late.
    for (let round = 0; round < ROUNDS_MAX && (round < ROUNDS || faults === 0); round += 1) {
      const running = Promise.allSettled(
        Array.from({ length: TRANSACTIONS }, (_, at) => transaction(at)),
      );
      for (let kill = 0; kill < 3; kill += 1) {
        await systemClock.sleep(KILL_EVERY_MS);
        await killAll();
      }
      for (const outcome of await running) {
        if (outcome.status === "fulfilled") continue;
        expect(outcome.reason, String(outcome.reason)).to.be.instanceOf(Fault);
        expect((outcome.reason as Fault).code).to.equal("server/unavailable");
        faults += 1;
      }
    }
    expect(faults).to.be.greaterThan(0);
    const after = await Promise.all(
      Array.from({ length: TRANSACTIONS }, (_, at) => transaction(at)),
    );
    expect(new Set(after)).to.deep.equal(new Set(["done"]));
  }).timeout(30_000);

  it("are replaced although nobody asked for anything meanwhile", async () => {
    await expectFault(
      db.transaction(async () => {
        await killAll();
        await systemClock.sleep(KILL_EVERY_MS);
      }),
    );
    expect(await transaction(0)).to.equal("done");
  });

  it("are faults of Prisma's reads too", async () => {
    let faults = 0;
    const read = async () => {
      for (let at = 0; at < READS_MAX && faults === 0; at += 1) {
        await db.prisma.event.findMany().catch((error: unknown) => {
          expect(asDbFault(error), String(error)).to.be.instanceOf(Fault);
          faults += 1;
        });
      }
    };
    const reading = Promise.all(Array.from({ length: CONNECTIONS_MAX }, read));
    for (let kill = 0; kill < KILLS_MAX && faults === 0; kill += 1) {
      await systemClock.sleep(5);
      await killAll();
    }
    await reading;
    expect(await db.prisma.event.count()).to.equal(0);
    expect(faults).to.be.greaterThan(0);
  });

  async function expectFault(call: Promise<unknown>): Promise<void> {
    const error = await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(Fault);
  }
});
