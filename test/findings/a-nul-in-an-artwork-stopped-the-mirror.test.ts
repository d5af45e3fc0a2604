// Found: an organiser's folder of artwork with a NUL in it could not be stored, and the mirror came to a stop.
import { expect } from "chai";
import { encodeAbiParameters, encodeEventTopics, type Hex, parseAbiItem } from "viem";
import { decodeLog } from "#indexer/decode.ts";
import { NOBODY } from "#indexer/facts.ts";
import { type Db, openDb } from "#server/platform/db/client.ts";
import { createLog } from "#server/platform/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

const log = createLog({ name: "test", level: "silent" });

describe("an artwork's folder with a NUL", () => {
  let database: TestDatabase;
  let db: Db;
  before(async () => {
    database = await createDatabase();
    const role = "stagedoor_indexer";
    db = await openDb({ url: database.url, role, log, connectionsMax: 1 });
  });
  after(async () => {
    await db?.close();
    await database?.drop();
  });

  it("is a text that the database can hold", async () => {
    const item = parseAbiItem("event ArtworkSet(uint256 indexed eventId, string folder)");
    const hash = `0x${"1".repeat(64)}` as Hex;
    const fact = decodeLog(
      {
        ...{ address: NOBODY as Hex, blockNumber: "0x1", blockHash: hash },
        ...{ transactionHash: hash, logIndex: "0x0" },
        topics: encodeEventTopics({ abi: [item], args: { eventId: 3n } }) as Hex[],
        data: encodeAbiParameters([{ type: "string" }], ["ipfs://\0folder"]),
      },
      { number: 1n, hash, minedAt: new Date(0) },
    );
    if (fact?.kind !== "artwork-set") return expect.fail("the log was not read");
    const { rows } = await db.query({ text: "SELECT $1::text AS folder", values: [fact.folder] });
    expect(rows).to.deep.equal([{ folder: "ipfs://\ufffdfolder" }]);
  });
});
