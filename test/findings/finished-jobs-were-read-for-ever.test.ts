// Found: each look at the jobs under way read all that were ever done, four times every two seconds.
import { expect } from "chai";
import { checkIns } from "#server/gate/check-in.ts";
import { openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { settleJobs } from "#server/queue/job/settle-jobs.ts";
import { type House, openHouse } from "../support/house.ts";

const DONE = 20_000;
const OPEN = 5;
/** The open ones, and what the catalogue of plans may read besides. */
const READ_MAX = 100;

describe("a look at the jobs under way", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("reads none that are done", async () => {
    await house.db.query({
      text: `INSERT INTO sale.chain_job (kind, deployment, key, event_id, payload, state)
             SELECT 'check-in', 1, at || ':1', 1,
                    jsonb_build_object('ticketId', at::text, 'entry', 1),
                    CASE WHEN at <= $1 THEN 'done' ELSE 'sent' END
             FROM generate_series(1, $1::int + $2::int) AS at`,
      values: [DONE, OPEN],
    });
    // As autovacuum does: without it no plan knows how large the table is.
    const log = createLog({ name: "test", level: "fatal" });
    const open = { url: house.databaseUrl, log, connectionsMax: 1 };
    const owner = await openDb({ ...open, role: "owner" });
    await owner.query({ text: "VACUUM ANALYZE sale.chain_job" });
    await owner.close();
    // One connection: it tells what it has read itself.
    const db = await openDb({ ...open, role: "stagedoor_server" });
    const readSoFar = async () => {
      await db.query({ text: "SELECT pg_stat_force_next_flush()" });
      const { rows } = await db.query<{ read: number }>({
        text: `SELECT (seq_tup_read + idx_tup_fetch)::int AS read
               FROM pg_stat_user_tables WHERE schemaname = 'sale' AND relname = 'chain_job'`,
      });
      return rows[0]?.read ?? 0;
    };
    const before = await readSoFar();
    await settleJobs({ ...house, db }, checkIns);
    expect((await readSoFar()) - before).to.be.within(OPEN, READ_MAX);
    await db.close();
  });
});
