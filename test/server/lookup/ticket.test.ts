// Looking tickets up, as the mirror shows them.
import { expect } from "chai";
import { buyAndMint, stalls } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { expectProblem } from "../../support/refusals.ts";

describe("tickets", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("lists a wallet's tickets, page by page and in order, whatever the case of the address", async () => {
    const fan = await house.fan();
    await buyAndMint(house, fan, stalls(1, 1, 2, 3, 4, 5));
    const owner = fan.account.address;
    const all = await fan.call("listTickets", { query: { owner } });
    expect(all.tickets).to.have.lengthOf(5);
    expect(all.next).to.equal(null);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { owner: owner.toLowerCase(), limit: 2, ...(cursor ? { cursor } : {}) };
      const page = await fan.call("listTickets", { query });
      expect(page.tickets.length).to.be.at.most(2);
      seen.push(...page.tickets.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).to.deep.equal(all.tickets.map(({ id }) => id));
  });

  it("shows price, state, transaction and whether it is final", async () => {
    const fan = await house.fan();
    const minted = await buyAndMint(house, fan, stalls(2, 1));
    const { ticketId, txHash } = minted.lines[0]!;
    const ticket = await fan.call("getTicket", { params: { ticketId } });
    expect(ticket).to.include({
      id: ticketId,
      eventId: house.eventId,
      owner: fan.account.address.toLowerCase(),
      face: "4800",
      nonce: 0,
      state: "valid",
      mintTx: txHash,
    });
    expect(ticket.final).to.be.a("boolean");
  });

  it("knows nothing of a wallet without tickets or a ticket that is not there", async () => {
    const fan = await house.fan();
    const query = { owner: fan.account.address };
    expect(await fan.call("listTickets", { query })).to.deep.equal({ tickets: [], next: null });
    await expectProblem(
      fan.call("getTicket", { params: { ticketId: "tkt_1_1" } }),
      "request/not-found",
    );
    await expectProblem(
      fan.call("getTicket", { params: { ticketId: "tkt_9_1" } }),
      "request/not-found",
    );
  });
});
