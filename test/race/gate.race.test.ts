// One pass at many doors in the same moment: one of them opens (I7).
import { expect } from "chai";
import { Pool } from "pg";
import type { Client } from "#scripts/demo-client.ts";
import { openPassSession } from "#scripts/demo-pass.ts";
import { parseTicketId } from "#server/domain/ticket-id.ts";
import type { Sql } from "#server/platform/db/client.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buyAndMint, stalls } from "../support/buy.ts";
import { type House, openHouse } from "../support/house.ts";

const DOORS = 40;

describe("race at the door", () => {
  let house: House;
  let fan: Client;
  before(async () => {
    house = await openHouse();
    fan = await house.fan();
  });
  after(() => house.close());

  async function newPass(seat: number) {
    const { lines } = await buyAndMint(house, fan, stalls(1, seat));
    const { ticketId } = parseTicketId(lines[0]!.ticketId);
    const { chainId, tickets } = house.chain.deployment;
    const session = await openPassSession(fan.account, { ticketId, nonce: 0, chainId, tickets });
    return { ticketId, code: await session.codeAt() };
  }

  it("admits a ticket at one of forty doors", async () => {
    const gate = await house.gate();
    const { code } = await newPass(1);
    const scans = await Promise.all(
      Array.from({ length: DOORS }, (_, at) =>
        gate.call("scan", {
          body: { scanId: randomUuid(), eventId: house.eventId, gate: `Door ${at}`, pass: code },
        }),
      ),
    );
    expect(scans.filter(({ decision }) => decision === "admit")).to.have.lengthOf(1);
    expect(new Set(scans.map(({ reason }) => reason))).to.deep.equal(
      new Set(["admitted", "already_admitted"]),
    );
  });

  it("answers one scan that is sent forty times at once with one verdict", async () => {
    const gate = await house.gate();
    const { code } = await newPass(2);
    const body = { scanId: randomUuid(), eventId: house.eventId, gate: "Door", pass: code };
    const scans = await Promise.all(
      Array.from({ length: DOORS }, () => gate.call("scan", { body })),
    );
    expect(new Set(scans.map((scan) => JSON.stringify(scan))).size).to.equal(1);
    expect(scans[0]?.decision).to.equal("admit");
  });

  /** How many doors write an admission when all of them have looked before the first does. */
  async function lookThenAdmit(db: Sql, table: string, ticketId: bigint): Promise<number> {
    const look = () =>
      db.query({ text: `SELECT 1 FROM ${table} WHERE ticket_id = $1`, values: [ticketId] });
    const looks = await Promise.all(Array.from({ length: DOORS }, look));
    const unseen = looks.filter(({ rows }) => rows.length === 0);
    const admit = () =>
      db.query({
        text: `INSERT INTO ${table} VALUES (1, $1, 1, $2, 'Door')`,
        values: [ticketId, randomUuid()],
      });
    const writes = await Promise.allSettled(unseen.map(admit));
    for (const write of writes) {
      if (write.status === "rejected") expect(String(write.reason)).to.include("admission_pkey");
    }
    return writes.filter(({ status }) => status === "fulfilled").length;
  }

  it("admits once by the primary key alone, also those who look first and write then", async () => {
    const { ticketId } = await newPass(3);
    expect(await lookThenAdmit(house.db, "sale.admission", ticketId)).to.equal(1);
  });

  it("would open many doors without that key (so this test can fail)", async () => {
    const { ticketId } = await newPass(4);
    const admin = new Pool({ connectionString: house.databaseUrl, max: DOORS / 2 });
    try {
      await admin.query("CREATE TABLE admission_without_key AS TABLE sale.admission WITH NO DATA");
      const db: Sql = { query: ({ text, values }) => admin.query(text, values) };
      expect(await lookThenAdmit(db, "admission_without_key", ticketId)).to.equal(DOORS);
    } finally {
      await admin.end();
    }
  });
});
