// Found: an indexer that froze in its first portion was not found, because nobody sees a cursor before it is whole.
import { expect } from "chai";
import type { Client } from "pg";
import { endOldWriter } from "#indexer/end-old-writer.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { until } from "../support/redis-server.ts";

const HALF_A_MESSAGE = Buffer.from([0x64, 0, 0, 1, 0, 0x31]);
const OURS = 1;
const OTHER = 2;

describe("finding: a leader that froze within its first portion", () => {
  const log = createLog({ name: "test", level: "silent" });
  const clients: Client[] = [];
  let database: TestDatabase;
  let db: Db;
  before(async () => {
    database = await createDatabase();
    // As an operator may have it who tells the sessions of several houses apart.
    const url = `${database.url}?application_name=house&connect_timeout=9`;
    db = await openDb({ url, log, role: "stagedoor_indexer", connectionsMax: 2 });
  });
  after(async () => {
    for (const client of clients) await client.end().catch(() => undefined);
    await db?.close();
    await database?.drop();
  });

  async function begin(text: string, values: unknown[] = []): Promise<[Client, number]> {
    const client = await db.connect();
    client.on("error", () => undefined);
    clients.push(client);
    await client.query("BEGIN");
    await client.query(text, values);
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    return [client, rows[0]?.pid as number];
  }

  /** As a first portion begins, and says nothing more in the middle of its rows. */
  async function freeze(deployment: number): Promise<number> {
    const [client, pid] = await begin(
      `INSERT INTO cursor (deployment, chain_id, address, block_number, block_hash, final_number,
         head_number) VALUES ($1, 1, '0x', 1, '0x', 0, 1)`,
      [deployment],
    );
    const { connection } = client as unknown as { connection: Wire };
    connection.query("COPY mirror.order_paid FROM STDIN");
    connection.stream.write(HALF_A_MESSAGE);
    return pid;
  }

  async function isThere(pid: number): Promise<boolean> {
    const { rowCount } = await db.query({
      text: "SELECT 1 FROM pg_stat_activity WHERE pid = $1",
      values: [pid],
    });
    return rowCount === 1;
  }

  it("is ended by the next one, and nobody else is", async () => {
    const ours = await freeze(OURS);
    const others = await freeze(OTHER);
    const [, reader] = await begin("SELECT * FROM cursor");
    const [, pruner] = await begin("DELETE FROM cursor WHERE deployment = 9");
    expect(await endOldWriter({ db, log, deployment: OURS })).to.equal(1);
    await until("it is gone", async () => !(await isThere(ours)));
    for (const pid of [others, reader, pruner]) expect(await isThere(pid)).to.equal(true);
    expect(await endOldWriter({ db, log, deployment: OURS })).to.equal(0);
    const { rows } = await db.query({ text: "SELECT FROM cursor" });
    expect(rows, "nothing was made").to.have.lengthOf(0);
  });

  it("is told from a rebuild that puts another cursor in its place", async () => {
    const owner = await openDb({ url: database.url, log, role: "owner", connectionsMax: 1 });
    try {
      await owner.transaction(async (sql) => {
        await sql.query({
          text: `INSERT INTO mirror.cursor (deployment, chain_id, address, block_number, block_hash,
                   final_number, head_number) VALUES (3, 1, '0x', 1, '0x', 0, 1)`,
        });
        expect(await endOldWriter({ db, log, deployment: 3 })).to.equal(0);
      });
    } finally {
      await owner.close();
    }
  });
});

interface Wire {
  query(text: string): void;
  stream: { write(data: Buffer): boolean };
}
