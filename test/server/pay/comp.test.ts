// Comps: places of their class, for no money, by the box office alone, and no more than the chain has.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { finishPublishing } from "#scripts/seed-publish.ts";
import { parseEventId } from "#server/domain/ticket-id.ts";
import { randomUuid } from "#server/platform/random.ts";
import { mint } from "../../support/buy.ts";
import { type House, openHouse } from "../../support/house.ts";
import { createReadyDraft, type Draft, of } from "../../support/organise.ts";
import { askBack, openRefunder, workOff } from "../../support/refund-work.ts";
import { expectProblem } from "../../support/refusals.ts";

describe("comps", function () {
  this.timeout(60_000);
  let house: House;
  let staff: Client;
  let eventId: string;
  let kept: number[];
  let open: number[];
  before(async () => {
    house = await openHouse();
    staff = await house.operator();
    const draft = await createReadyDraft(staff);
    const back = await staff.call("changeHoldbacks", {
      ...of(draft),
      body: { holdbacks: [{ zone: firstZone(await planOf(draft)), class: "comp" }] },
    });
    await staff.call("publishEvent", of(back));
    eventId = draft.id;
    await finishPublishing(house, parseEventId(eventId));
    await house.mirror();
    const { seats } = await staff.call("getEvent", { params: { eventId } });
    kept = seats.filter((seat) => seat.class === 4).map(({ seat }) => seat);
    open = seats.filter((seat) => seat.class === undefined).map(({ seat }) => seat);
  });
  after(() => house.close());

  const planOf = async (draft: Draft) =>
    (await staff.call("getPlan", { params: { eventId: draft.id } })) as {
      zones: { name: string }[];
    };
  const firstZone = ({ zones }: { zones: { name: string }[] }) => zones[0]?.name ?? "";
  const give = (by: Client, to: Client, seats: number[], key = randomUuid()) =>
    by.call("giveComp", {
      params: { eventId },
      body: { to: to.account.address, seats, reason: "guest list" },
      key,
    });

  it("are orders of no price that are minted for the guest, booked nowhere and audited", async () => {
    const guest = await house.fan();
    const given = await give(staff, guest, kept.slice(0, 2));
    expect(given).to.include({ state: "paid", total: "0" });
    const minted = await mint(house, guest, given.id);
    expect(minted.lines.map((line) => line.mint)).to.deep.equal(["minted", "minted"]);
    const { rows } = await house.db.query<{ owner: string; face: bigint; class: number }>({
      text: "SELECT owner, face, class FROM mirror.ticket WHERE owner = $1",
      values: [guest.account.address.toLowerCase()],
    });
    expect(rows.map(({ face, class: of }) => [face, of])).to.deep.equal([
      [0n, 4],
      [0n, 4],
    ]);
    const booked = await house.db.query({
      text: "SELECT 1 FROM sale.ledger_entry WHERE order_id = $1",
      values: [given.id],
    });
    expect(booked.rowCount).to.equal(0);
    const { rows: audited } = await house.db.query<{ act: string }>({
      text: "SELECT act FROM sale.audit WHERE subject = $1",
      values: [given.id],
    });
    expect(audited).to.deep.equal([{ act: "order.comp-given" }]);
    const { steps } = await guest.call("getOrderTimeline", { params: { orderId: given.id } });
    expect(steps[0], "no hold, and no claim of its own").to.include({ kind: "paid", amount: "0" });
  });

  it("are given once for one key, and a place once for all keys", async () => {
    const guest = await house.fan();
    const key = randomUuid();
    const place = kept.slice(2, 3);
    const first = await give(staff, guest, place, key);
    expect((await give(staff, guest, place, key)).id).to.equal(first.id);
    await expectProblem(give(staff, await house.fan(), place), "hold/seat-taken");
  });

  it("are not of another class, and not for everybody to give", async () => {
    const guest = await house.fan();
    await expectProblem(give(staff, guest, open.slice(0, 1)), "comp/other-class");
    await expectProblem(give(guest, guest, kept.slice(3, 4)), "auth/forbidden");
  });

  it("are no more than the chain has units of the class", async () => {
    const { deployment, eventId: id } = parseEventId(eventId);
    const values = [deployment, id];
    const setCap = (text: string) => house.indexerDb.query({ text, values });
    const where = "WHERE deployment = $1 AND event_id = $2 AND class = 4";
    await setCap(`UPDATE mirror.class_stock SET cap = cap - 6 ${where}`);
    const guest = await house.fan();
    await give(staff, guest, kept.slice(4, 5));
    await expectProblem(give(staff, guest, kept.slice(5, 6)), "comp/limit-reached");
    await setCap(`UPDATE mirror.class_stock SET cap = cap + 6 ${where}`);
    await give(staff, guest, kept.slice(5, 6));
  });

  it("taken back pay nobody, and are given again under the next id", async () => {
    const guest = await house.fan();
    const given = await give(staff, guest, kept.slice(6, 7));
    const { lines } = await mint(house, guest, given.id);
    const tickets = lines.map(({ ticketId }) => ticketId);
    await askBack(staff, given, tickets);
    await workOff(house, openRefunder(house));
    const [refund] = (await staff.call("getRefunds", { params: { orderId: given.id } })).refunds;
    expect(refund).to.include({ state: "done", amount: "0" });
    const again = await give(staff, guest, kept.slice(6, 7));
    expect(again.lines[0]?.ticketId).to.not.equal(tickets[0]);
    const minted = await mint(house, guest, again.id);
    expect(minted.lines[0]?.mint).to.equal("minted");
  });
});
