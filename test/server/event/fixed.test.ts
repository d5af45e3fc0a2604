// What is on chain or sold against stays as it is, and the answer says why; the rest still changes.
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { finishPublishing } from "#scripts/seed-publish.ts";
import { parseEventId } from "#server/domain/ticket-id.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { type House, openHouse } from "../../support/house.ts";
import { createReadyDraft, type Draft, daysAhead, of, phase } from "../../support/organise.ts";
import { makePlan } from "../../support/plan.ts";
import { expectProblem } from "../../support/refusals.ts";

describe("an event that is published", () => {
  let house: House;
  let operator: Client;
  before(async () => {
    house = await openHouse({ modules: true });
    operator = await house.operator();
  });
  after(() => house.close());

  const read = ({ id }: Draft) => operator.call("getDraft", { params: { eventId: id } });

  async function published(): Promise<Draft> {
    const draft = await createReadyDraft(operator);
    await operator.call("publishEvent", of(draft));
    await finishPublishing(house, parseEventId(draft.id));
    return read(draft);
  }

  /** One seat, in an order that is not paid yet. */
  async function claimSeat(draft: Draft): Promise<void> {
    const fan = await house.fan();
    const params = { eventId: draft.id };
    const { seats } = await fan.call("getEvent", { params });
    const body = { seats: [seats[0]!.seat] };
    const hold = await fan.call("createHold", { params, body });
    const order = { eventId: draft.id, holdId: hold.id };
    await fan.call("createOrder", { body: order, key: randomUuid() });
  }

  const terms: [part: string, change: object][] = [
    ["doorsAt", { doorsAt: daysAhead(29) }],
    ["freezeAt", { freezeAt: daysAhead(28) }],
    ["currency", { currency: "USD" }],
    ["policy", { policy: "open" }],
    ["maxGifts", { maxGifts: 9 }],
    ["resaleCapBps", { resaleCapBps: 20_000 }],
    ["royaltyBps", { royaltyBps: 0 }],
    ["feeCapBps", { feeCapBps: 1 }],
    ["lockMinutes", { lockMinutes: 1 }],
    ["cooldownMinutes", { cooldownMinutes: 1 }],
    ["organiser", { organiser: `0x${"12".repeat(20)}` }],
  ];

  it("keeps every term that is on chain, and says by which transaction since when", async () => {
    const draft = await published();
    const params = { eventId: draft.id };
    const { steps } = await operator.call("getPublishing", { params });
    for (const [part, change] of terms) {
      const problem = await expectProblem(
        operator.call("changeEvent", { ...of(draft), body: change }),
        "event/fixed",
      );
      expect(problem).to.include({ part, why: "on-chain", txHash: steps[0]?.txHash });
      expect(Date.parse(String(problem.since))).to.be.closeTo(systemClock.now().getTime(), 60_000);
    }
    expect(await read(draft)).to.deep.equal(draft);
  });

  it("keeps its plan, areas, holdbacks and payees", async () => {
    const draft = await published();
    const address = operator.account.address;
    const calls: [part: string, call: () => Promise<unknown>][] = [
      [
        "plan",
        () =>
          operator.call("putPlan", {
            ...of(draft),
            body: makePlan({ zones: 1, rows: 1, seats: 1 }),
          }),
      ],
      ["areas", () => operator.call("putAreas", { ...of(draft), body: { areas: [] } })],
      [
        "holdbacks",
        () =>
          operator.call("changeHoldbacks", {
            ...of(draft),
            body: { holdbacks: [{ guids: ["1-A-1"], class: "comp" }] },
          }),
      ],
      [
        "payees",
        () =>
          operator.call("putPayees", {
            ...of(draft),
            body: { payees: [{ address, shareBps: 10_000 }] },
          }),
      ],
      [
        "plan",
        () =>
          operator.call("putCategories", {
            ...of(draft),
            body: {
              categories: [
                { name: "Stalls", price: "1" },
                { name: "New", price: "1" },
              ],
            },
          }),
      ],
    ];
    for (const [part, call] of calls) {
      expect(await expectProblem(call(), "event/fixed")).to.include({ part, why: "on-chain" });
    }
    expect(await read(draft)).to.deep.equal(draft);
  });

  it("moves its times until a seat is sold, and not afterwards", async () => {
    const draft = await published();
    const moved = await operator.call("changeEvent", {
      ...of(draft),
      body: { startsAt: daysAhead(30.5) },
    });
    await claimSeat(moved);
    for (const body of [
      { startsAt: daysAhead(31) },
      { endsAt: daysAhead(33) },
      { timeZone: "UTC" },
    ]) {
      const problem = await expectProblem(
        operator.call("changeEvent", { ...of(moved), body }),
        "event/fixed",
      );
      expect(problem).to.include({ part: Object.keys(body)[0], why: "sold" });
      expect(Date.parse(String(problem.since))).to.be.closeTo(systemClock.now().getTime(), 60_000);
    }
  });

  it("is free again to move its times when the only order has expired", async () => {
    const draft = await published();
    await claimSeat(draft);
    await house.db.query({
      text: "UPDATE sale.claim SET expires_at = now() - interval '1 minute' WHERE event_id = $1",
      values: [parseEventId(draft.id).eventId],
    });
    const moved = await operator.call("changeEvent", {
      ...of(draft),
      body: { endsAt: daysAhead(33) },
    });
    expect(moved.version).to.equal(draft.version + 1);
  });

  it("still changes its texts, its limits, and which places are accessible", async () => {
    const draft = await published();
    await claimSeat(draft);
    const changed = await operator.call("changeEvent", {
      ...of(draft),
      body: { name: "New name", address: "Main Street 1", limitPerPerson: 4, seatsPerHold: 2 },
    });
    expect(changed).to.include({ name: "New name", limitPerPerson: 4, seatsPerHold: 2 });
    const marked = await operator.call("changeHoldbacks", {
      ...of(changed),
      body: { holdbacks: [{ guids: ["1-A-1"], access: "wheelchair" }] },
    });
    expect(marked.accessible.wheelchair).to.equal(1);
  });

  it("sells at a new price what is not ordered yet; orders keep theirs", async () => {
    const draft = await published();
    await claimSeat(draft);
    await operator.call("putCategories", {
      ...of(draft),
      body: { categories: [{ name: "Stalls", price: "9900" }] },
    });
    const { rows } = await house.db.query<{ price: bigint; total: bigint }>({
      text: `SELECT (SELECT price FROM sale.category WHERE event_id = $1) AS price,
                    (SELECT total FROM sale.order WHERE event_id = $1) AS total`,
      values: [parseEventId(draft.id).eventId],
    });
    expect(rows[0]).to.deep.equal({ price: 9_900n, total: 4_500n });
  });

  it("keeps a phase that has begun, and changes those to come", async () => {
    const draft = await published();
    const [begun] = draft.phases;
    const later = { ...phase("Last chance", 20, 31), limitPerOrder: 2 };
    const added = await operator.call("putPhases", {
      ...of(draft),
      body: { phases: [begun!, later] },
    });
    expect(added.phases.map(({ id, name }) => [id, name])).to.deep.equal([
      [1, "General sale"],
      [2, "Last chance"],
    ]);
    for (const phases of [[], [{ ...begun!, limitPerOrder: 1 }], [{ ...later, id: 2 }]]) {
      const problem = await expectProblem(
        operator.call("putPhases", { ...of(added), body: { phases } }),
        "event/fixed",
      );
      expect(problem).to.include({ part: "phases/1", why: "begun", since: begun!.startsAt });
    }
    const dropped = await operator.call("putPhases", { ...of(added), body: { phases: [begun!] } });
    expect(dropped.phases).to.have.lengthOf(1);
  });
});
