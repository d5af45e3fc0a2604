// Anybody may say where it was among the facts; a place that no column holds ended the process for all.
import { expect } from "chai";
import { parsePosition } from "#server/lookup/facts/position.ts";
import { readStretch } from "#server/lookup/facts/read-stretch.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

const HASH = `0x${"ab".repeat(32)}`;

describe("the id of an event that nobody sent", () => {
  let database: TestDatabase;
  let db: Db;
  before(async () => {
    database = await createDatabase({ migrated: true });
    const log = createLog({ name: "test", level: "silent" });
    db = await openDb({ url: database.url, role: "stagedoor_server", log, connectionsMax: 1 });
  });
  after(async () => {
    await db?.close();
    await database?.drop();
  });

  for (const place of ["0.0", "0.32768", "999999999.999999999"]) {
    it(`is a place like any other: ${place}`, async () => {
      const after = parsePosition(`1.4711.${HASH}.${place}`, 1);
      const until = { number: 5_000n, hash: HASH };
      expect(await readStretch(db, { after, until, limit: 1 })).to.equal(undefined);
    });
  }
});
