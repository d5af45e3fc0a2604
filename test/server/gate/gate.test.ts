// The door: a pass of the owner's admits its ticket once, and every other scan says why not.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { openPassSession, type PassMaker } from "#scripts/demo-pass.ts";
import { decodeBase45, encodeBase45 } from "#server/domain/base45.ts";
import { parseTicketId } from "#server/domain/ticket-id.ts";
import { systemClock, unixSeconds } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buyAndMint, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { expectProblem } from "../../support/refusals.ts";

describe("gate", () => {
  let house: House;
  let fan: Client;
  let gate: Client;
  let tickets: string[];
  before(async () => {
    house = await openHouse();
    fan = await house.fan();
    gate = await house.gate();
    const minted = await buyAndMint(house, fan, stalls(1, 1, 2, 3, 4, 5, 6));
    tickets = minted.lines.map(({ ticketId }) => ticketId);
  });
  after(() => house.close());

  function session(owner: Client, ticketId: string, nonce = 0): Promise<PassMaker> {
    const { chainId, tickets: contract } = house.chain.deployment;
    const id = parseTicketId(ticketId).ticketId;
    return openPassSession(owner.account, { ticketId: id, nonce, chainId, tickets: contract });
  }

  function scan(pass: string, more: { scanId?: string; eventId?: string; by?: Client } = {}) {
    const { scanId = randomUuid(), eventId = house.eventId, by = gate } = more;
    return by.call("scan", { body: { scanId, eventId, gate: "Main door", pass } });
  }

  it("admits once and then says when it did", async () => {
    const pass = await session(fan, tickets[0]!);
    const first = await scan(await pass.codeAt());
    expect(first).to.include({ decision: "admit", reason: "admitted", ticketId: tickets[0] });
    expect(first.seat).to.equal("Stalls, row A, seat 1");
    const second = await scan(await pass.codeAt());
    expect(second).to.include({ decision: "refuse", reason: "already_admitted" });
    expect(second.admittedAt).to.equal(first.admittedAt);
  });

  it("gives a scan that is sent again the same answer", async () => {
    const pass = await (await session(fan, tickets[1]!)).codeAt();
    const scanId = randomUuid();
    const first = await scan(pass, { scanId });
    expect(first.decision).to.equal("admit");
    expect(await scan(pass, { scanId })).to.deep.equal(first);
  });

  it("refuses a scanId that was another scan's", async () => {
    const scanId = randomUuid();
    await scan("A", { scanId });
    await expectProblem(scan("B", { scanId }), "request/key-reused");
  });

  it("refuses a screenshot: a code that is older than the gate's patience", async () => {
    const pass = await session(fan, tickets[2]!);
    const old = await pass.codeAt(unixSeconds(systemClock) - 60);
    expect((await scan(old)).reason).to.equal("code_expired");
  });

  it("refuses a pass that somebody else's wallet signed", async () => {
    const thief = await session(await house.fan(), tickets[2]!);
    expect((await scan(await thief.codeAt())).reason).to.equal("not_owner");
  });

  it("refuses a pass from before the ticket moved", async () => {
    const pass = await session(fan, tickets[2]!, 1);
    expect((await scan(await pass.codeAt())).reason).to.equal("not_owner");
  });

  it("refuses a pass for another contract", async () => {
    const other = await openPassSession(fan.account, {
      ticketId: parseTicketId(tickets[2]!).ticketId,
      nonce: 0,
      chainId: 31_337,
      tickets: `0x${"12".repeat(20)}`,
    });
    expect((await scan(await other.codeAt())).reason).to.equal("not_owner");
  });

  it("refuses a ticket that does not exist, and one of another event", async () => {
    const none = `tkt_1_${parseTicketId(tickets[0]!).ticketId + 50n}`;
    expect((await scan(await (await session(fan, none)).codeAt())).reason).to.equal(
      "unknown_ticket",
    );
    const elsewhere = `tkt_1_${parseTicketId(tickets[0]!).ticketId + (1n << 40n)}`;
    const pass = await session(fan, elsewhere);
    expect((await scan(await pass.codeAt())).reason).to.equal("wrong_event");
  });

  it("refuses every pass with a flipped byte", async () => {
    const pass = decodeBase45(await (await session(fan, tickets[3]!)).codeAt()) as Uint8Array;
    for (let at = 0; at < pass.length; at += 13) {
      const broken = Uint8Array.from(pass);
      broken[at] = (broken[at] ?? 0) ^ 0x10;
      const answer = await scan(encodeBase45(broken));
      expect(answer.decision, `byte ${at}`).to.equal("refuse");
    }
    expect((await scan(encodeBase45(pass))).decision).to.equal("admit");
  });

  it("refuses a ticket that is used on chain although no scan of ours admitted it", async () => {
    const ticketId = tickets[5]!;
    await house.indexerDb.query({
      text: "UPDATE mirror.ticket SET used = true WHERE ticket_id = $1",
      values: [parseTicketId(ticketId).ticketId],
    });
    const answer = await scan(await (await session(fan, ticketId)).codeAt());
    expect(answer).to.include({ decision: "refuse", reason: "already_admitted", ticketId });
    expect(answer.admittedAt).to.equal(null);
  });

  it("calls a ticket id that no column holds unreadable", async () => {
    const bytes = decodeBase45(await (await session(fan, tickets[4]!)).codeAt()) as Uint8Array;
    bytes.fill(0xff, 1, 9);
    expect((await scan(encodeBase45(bytes))).reason).to.equal("unreadable");
  });

  it("calls anything else unreadable", async () => {
    for (const text of ["", "https://example.org", "0".repeat(269), "::::"]) {
      expect((await scan(text)).reason, text).to.equal("unreadable");
    }
  });

  it("lets only this event's gate staff scan", async () => {
    const pass = await (await session(fan, tickets[4]!)).codeAt();
    await expectProblem(scan(pass, { by: fan }), "auth/forbidden");
    await expectProblem(scan(pass, { eventId: "evt_1_2" }), "auth/forbidden");
    expect((await scan(pass)).decision).to.equal("admit");
  });

  it("decides nothing on a mirror that has not been renewed for a minute", async () => {
    const pass = await (await session(fan, tickets[4]!)).codeAt();
    await house.indexerDb.query({
      text: "UPDATE mirror.cursor SET updated_at = now() - interval '2 minutes'",
    });
    try {
      const body = { scanId: randomUuid(), eventId: house.eventId, gate: "Main door", pass };
      const outcome = await gate.call("scan", { body }).catch((error: Error) => error);
      expect((outcome as Error).message).to.include("chain/mirror-behind");
    } finally {
      await house.mirror();
    }
  });

  it("writes every scan down", async () => {
    const { rows } = await house.db.query<{ decision: string; reason: string }>({
      text: "SELECT DISTINCT decision, reason FROM sale.scan",
    });
    expect(rows.map(({ reason }) => reason)).to.include.members([
      "admitted",
      "already_admitted",
      "code_expired",
      "not_owner",
      "unknown_ticket",
      "unreadable",
      "wrong_event",
    ]);
  });
});
