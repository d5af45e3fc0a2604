// One pass at many doors in the same moment: one of them opens (I7).
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { openPassSession } from "#scripts/demo-pass.ts";
import { parseTicketId } from "#server/domain/ticket-id.ts";
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

  it("would open many doors by looking first and writing then (so this test can fail)", async () => {
    const { ticketId } = await newPass(3);
    let admitted = 0;
    const lookThenAdmit = async (at: number) => {
      const { rows } = await house.db.query({
        text: "SELECT 1 FROM sale.admission WHERE ticket_id = $1",
        values: [ticketId],
      });
      if (rows.length > 0) return;
      // Another entry each time, so that the primary key does not save it.
      await house.db.query({
        text: "INSERT INTO sale.admission VALUES (1, $1, $2, $3, 'Door')",
        values: [ticketId, at + 2, randomUuid()],
      });
      admitted += 1;
    };
    await Promise.all(Array.from({ length: DOORS }, (_, at) => lookThenAdmit(at)));
    expect(admitted).to.be.greaterThan(1);
  });
});
