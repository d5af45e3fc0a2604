// Found: the fact of a check-in or a void named who held the ticket when somebody read it, not who held it then.
import { expect } from "chai";
import { readStretch } from "#server/lookup/facts/read-stretch.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

const HASH = `0x${"ab".repeat(32)}`;
const [NOBODY, ANN, BEN, EVE] = ["00", "aa", "bb", "ee"].map((byte) => `0x${byte.repeat(20)}`);
const TICKET = (7n << 40n) | 1n;
const OTHER = TICKET + 1n;

describe("the holder that a fact names", () => {
  let database: TestDatabase;
  let db: Db;
  before(async () => {
    database = await createDatabase();
    const log = createLog({ name: "test", level: "silent" });
    const open = { url: database.url, log, connectionsMax: 2, readsByIndex: true };
    db = await openDb({ ...open, role: "owner", schema: "mirror" });
    await db.query({
      text: `INSERT INTO cursor (deployment, chain_id, address, block_number, block_hash,
               final_number, head_number) VALUES (1, 1, $1, 9, $1, 0, 9)`,
      values: [HASH],
    });
    await move(TICKET, NOBODY, ANN, [1, 0]);
    await move(OTHER, NOBODY, EVE, [1, 1]);
    await happen("check_in", [1, 2]);
    await move(TICKET, ANN, BEN, [2, 0]);
    await move(OTHER, EVE, ANN, [2, 1]);
    await happen("check_in", [2, 2]);
    await happen("ticket_void", [3, 4]);
    await move(TICKET, BEN, EVE, [3, 5]);
  });
  after(async () => {
    await db.close();
    await database.drop();
  });

  const move = (
    ticket: bigint,
    from: string | undefined,
    to: string | undefined,
    [block, log]: [number, number],
  ) =>
    db.query({
      text: "INSERT INTO transfer VALUES (1, $1, $2, $3, $4, now(), $5, $1, $6)",
      values: [HASH, ticket, from, to, block, log],
    });
  const happen = (table: string, [block, log]: [number, number]) =>
    db.query({
      text: `INSERT INTO ${table} VALUES (1, $1, $2, 7, now(), $3, $1, $4)`,
      values: [HASH, TICKET, block, log],
    });
  const start = { deployment: 1, number: -1n, hash: "" };
  const read = async (sql: Db) =>
    (await readStretch(sql, { after: start, limit: 100 }))?.rows ?? [];

  it("is who held the ticket before it, by block and log", async () => {
    const facts = await read(db);
    const named = facts.filter(({ kind }) => kind === "check-in" || kind === "void");
    expect(named.map(({ kind, sender }) => [kind, sender])).to.deep.equal([
      ["check-in", ANN],
      ["check-in", BEN],
      ["void", BEN],
    ]);
  });
});
