// Of statements that went out together the second was heard of first, and it knew no reason: no fault, so no other try.
import { expect } from "chai";
import { Fault } from "#server/domain/failure.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

describe("a transaction of which one statement failed and the others could not go on", () => {
  let database: TestDatabase;
  let db: Db;
  before(async () => {
    database = await createDatabase({ migrated: true });
    const log = createLog({ name: "test", level: "silent" });
    db = await openDb({ url: database.url, role: "owner", log, connectionsMax: 1 });
    await db.query({ text: "CREATE TABLE thing (id integer PRIMARY KEY)" });
  });
  after(async () => {
    await db?.close();
    await database?.drop();
  });

  it("fails for the reason of the first one", async () => {
    const thrown = await db
      .transaction(async (sql) => {
        const full = `DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$`;
        const first = sql.query({ text: full });
        first.catch(() => undefined);
        await sql.copy({ text: "COPY thing FROM STDIN", rows: ["1\n"] });
        await first;
      })
      .catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(Fault);
    expect(String((thrown as Fault).cause)).to.contain("no space");
  });
});
