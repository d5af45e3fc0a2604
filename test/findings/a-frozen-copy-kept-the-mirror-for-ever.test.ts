// Found: an indexer that froze in the middle of a COPY kept the cursor's row, and no limit of Postgres ended it.
import { expect } from "chai";
import type { Client } from "pg";
import { endOldWriter } from "#indexer/end-old-writer.ts";
import { syncStep } from "#indexer/sync.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { type House, openHouse } from "../support/house.ts";

/** Several times the limits that are set for it. */
const PATIENCE_MS = 1_500;
const LIMIT_MS = 100;
const HALF_A_MESSAGE = Buffer.from([0x64, 0, 0, 1, 0, 0x31]);

describe("finding: the cursor's row, locked by a leader that froze within a COPY", () => {
  let house: House;
  const clients: Client[] = [];
  before(async () => {
    house = await openHouse();
    await house.mirror();
  });
  after(async () => {
    for (const client of clients) await client.end().catch(() => undefined);
    await house.close();
  });

  /** As an indexer writes a range, up to a moment in which it says nothing more. */
  async function freeze(): Promise<number> {
    const client = await house.indexerDb.connect();
    client.on("error", () => undefined);
    clients.push(client);
    await client.query(`SET statement_timeout = ${LIMIT_MS}`);
    await client.query(`SET idle_in_transaction_session_timeout = ${LIMIT_MS}`);
    await client.query("BEGIN");
    const { rows } = await client.query<{ pid: number }>(
      "UPDATE cursor SET head_number = head_number RETURNING pg_backend_pid() AS pid",
    );
    const { connection } = client as unknown as { connection: Wire };
    connection.query("COPY mirror.order_paid FROM STDIN");
    connection.stream.write(HALF_A_MESSAGE);
    return rows[0]?.pid as number;
  }

  async function isThere(pid: number): Promise<boolean> {
    const { rowCount } = await house.db.query({
      text: "SELECT 1 FROM pg_stat_activity WHERE pid = $1",
      values: [pid],
    });
    return rowCount === 1;
  }

  it("is free again once the next leader has ended it", async () => {
    const pid = await freeze();
    await systemClock.sleep(PATIENCE_MS);
    expect(await isThere(pid), "no limit ends it").to.equal(true);
    const given = { db: house.indexerDb, log: house.log, deployment: 1 };
    expect(await endOldWriter(given)).to.equal(1);
    expect(await isThere(pid)).to.equal(false);
    const startMs = systemClock.monotonicMs();
    const metrics = createMetrics("next");
    expect(await syncStep({ ...house, db: house.indexerDb, metrics })).to.equal(true);
    expect(systemClock.monotonicMs() - startMs).to.be.below(PATIENCE_MS);
    expect(await endOldWriter(given), "nobody is left to end").to.equal(0);
  });
});

interface Wire {
  query(text: string): void;
  stream: { write(data: Buffer): boolean };
}
